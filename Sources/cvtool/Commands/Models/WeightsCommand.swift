import ArgumentParser
import CVCore
import CVWeights

/// `cvtool weights`: what weight files there are, what they hold, and whether they are whole.
struct WeightsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weights", abstract: "List, inspect and verify weight files.",
        subcommands: [List.self, Inspect.self, Verify.self])
}

extension WeightsCommand {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the weight files that can be used by name.",
            discussion: """
                Searched in this order: the files and folders in CVTOOL_WEIGHTS (separated by colons), the folder \
                Weights of the package's sources, beside the executable, and the installed share folders. The \
                file of NAME is NAME.safetensors in the folder above its table.
                """)

        @Flag(help: "Write one JSON object a line.")
        var json = false

        func run() throws {
            let locator = WeightsLocator()
            let found = locator.list()
            if json {
                for weights in found { try writeLine(weights.json.text) }
                return
            }
            // A folder is named once, not in each row, so that rows fit a terminal.
            var groups: [(folder: String, rows: [[String]])] = []
            for weights in found {
                switch weights.header {
                case .success(let header):
                    let folder = FileSystem.folder(of: weights.path)
                    if groups.last?.folder != folder { groups.append((folder, [])) }
                    groups[groups.count - 1].rows.append(Self.row(weights.name, header))
                case .failure(let error): warn("\(error)")
                }
            }
            if found.isEmpty {
                warn("no weight files were found; searched:")
                for searchPath in locator.searchPaths { warn("  \(searchPath.path) (\(searchPath.origin))") }
            }
            let texts = groups.map { folder, rows in
                var table = TextTable(["name", "model", "task", "size", "license"], rightAligned: [3])
                for row in rows { table.add(row) }
                return "\(folder.escapedForDisplay):\n\(table.fitted)"
            }
            if !texts.isEmpty { try writeLine(texts.joined(separator: "\n\n")) }
        }

        private static func row(_ name: String, _ header: SafetensorsHeader) -> [String] {
            func text(_ key: WeightsMetadata.Key) -> String { header.metadata[key.rawValue] ?? "-" }
            return [name, text(.model), text(.task), readableBytes(header.fileBytes), text(.license)]
        }
    }
}
