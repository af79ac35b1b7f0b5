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
                Weights of the package's sources, beside the executable, and the installed share folders.
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
            var table = TextTable(["name", "model", "task", "size", "license", "file"], rightAligned: [3])
            for weights in found {
                switch weights.header {
                case .success(let header):
                    func text(_ key: WeightsMetadata.Key) -> String { header.metadata[key.rawValue] ?? "-" }
                    let size = readableBytes(header.fileBytes)
                    table.add([weights.name, text(.model), text(.task), size, text(.license), weights.path])
                case .failure(let error): warn("\(error)")
                }
            }
            if found.isEmpty {
                warn("no weight files were found; searched:")
                for searchPath in locator.searchPaths { warn("  \(searchPath.path) (\(searchPath.origin))") }
            } else {
                try writeLine(table.fitted)
            }
        }
    }
}
