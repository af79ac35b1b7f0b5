import ArgumentParser
import CVCore
import CVModels
import CVNN
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
                for weights in found { print(weights.json.text) }
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
                table.print()
            }
        }
    }

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the tensors and the metadata of a weight file.",
            discussion: "Only the header is read; `verify` looks at the values.")

        @Argument(help: "A .safetensors file, or a name shown by `cvtool weights list`.")
        var file: String

        @Flag(help: "Write one JSON object.")
        var json = false

        func run() throws {
            try reportingFailure {
                let inspection = try WeightsInspection(path: WeightsLocator().find(file))
                if json { return print(inspection.json.text) }
                show(inspection)
            }
        }

        private func show(_ inspection: WeightsInspection) {
            let header = inspection.header
            var table = TextTable(["key", "dtype", "shape", "bytes"], rightAligned: [3])
            for entry in header.entries {
                let shape = "[" + entry.shape.map(String.init).joined(separator: ", ") + "]"
                table.add([abbreviated(entry.name), entry.dtype.rawValue, abbreviated(shape), "\(entry.range.count)"])
            }
            table.print()
            print(
                "\n\(header.entries.count) tensors, \(inspection.parameterCount) parameters, "
                    + "\(header.fileBytes) bytes (\(readableBytes(header.fileBytes)))")
            if header.metadata.isEmpty { return }
            print("")
            var metadata = TextTable(["metadata", "value"])
            for (key, value) in header.metadata.sorted(by: { $0.key < $1.key }) {
                metadata.add([key, key == WeightsMetadata.Key.labels.rawValue ? abbreviatedLabels(value) : value])
            }
            metadata.print()
        }

        /// "80: person, bicycle, car, … toothbrush"
        private func abbreviatedLabels(_ text: String) -> String {
            guard let labels = (try? JSONValue.parse(text))?.array?.compactMap(\.string), labels.count > 4 else {
                return text
            }
            return "\(labels.count): " + labels.prefix(3).joined(separator: ", ") + ", … \(labels[labels.count - 1])"
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that a weight file is whole.",
            discussion: """
                Checks the structure, the checksum of the data, that no value is NaN or infinite, the metadata, and \
                the keys and shapes against the model. Exits with 1 when anything is wrong.
                """)

        @Argument(help: "A .safetensors file, or a name shown by `cvtool weights list`.")
        var file: String

        @Flag(help: "Write one JSON object.")
        var json = false

        func run() throws {
            let result = try reportingFailure {
                try WeightsVerification(path: WeightsLocator().find(file)) { metadata, keys in
                    let input = metadata.preprocessing
                    return ModelCatalog.shapes(
                        of: metadata.model, classes: metadata.labels.count,
                        input: .init(channels: input.channels.count, height: input.height, width: input.width),
                        headless: metadata.task == "features", offered: keys)
                }
            }
            if json { print(result.json.text) } else { show(result) }
            if !result.isOK { throw ExitCode(1) }
        }

        private func show(_ result: WeightsVerification) {
            for check in result.checks {
                let name = (check.name + ":").padded(to: 11)
                switch check.outcome {
                case .ok(let text): print(name + "ok, " + text.escapedForDisplay)
                case .skipped(let text): print(name + "not checked, " + text.escapedForDisplay)
                case .failed(let problems):
                    for problem in problems { print(name + "WRONG, " + problem.escapedForDisplay) }
                }
            }
            let name = result.path.escapedForDisplay
            print(result.isOK ? "\(name): ok" : "\(name): \(pluralized(result.problems.count, "problem"))")
        }
    }
}
