import ArgumentParser
import CVCore
import CVModels
import CVTask
import CVWeights

extension WeightsCommand {
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the tensors and the metadata of a weight file.",
            discussion: """
                Only the header is read; `verify` looks at the values. Of a network that there are no weights of, and of \
                a darknet .cfg, the keys and shapes are shown that its weights have.
                """)

        @Argument(
            help: "A .safetensors file, a name shown by `cvtool weights list` or `cvtool model`, or a darknet .cfg.")
        var file: String

        @Flag(help: "Write one JSON object.")
        var json = false

        func run() throws {
            try reportingFailure {
                if let spec = try networkWithoutWeights {
                    let keys = DeclaredKeys(spec)
                    return try writeLine(json ? keys.json.text : text(of: keys))
                }
                let inspection = try WeightsInspection(path: WeightsLocator().find(file))
                try writeLine(json ? inspection.json.text : text(of: inspection))
            }
        }

        /// The network that is meant, where no weights are.
        private var networkWithoutWeights: ModelSpec? {
            get throws {
                if file.hasSuffix(".cfg") { return try NamedModel(file, prefersWeights: true).spec }
                if (try? WeightsLocator().find(file)) != nil { return nil }
                return try? ModelRegistry.spec(named: file)
            }
        }

        private func text(of keys: DeclaredKeys) -> String {
            var table = TextTable(["key", "shape", "numbers"], rightAligned: [2])
            for (name, shape) in keys.parameters {
                table.add([name, "[" + shape.map(String.init).joined(separator: ", ") + "]", "\(shape.reduce(1, *))"])
            }
            return table.fitted
                + "\n\n\(keys.model.escapedForDisplay), classes: \(keys.classes): "
                + "\(keys.parameters.count) tensors, \(keys.parameterCount) parameters; no weights were read"
        }

        private func text(of inspection: WeightsInspection) -> String {
            let header = inspection.header
            var table = TextTable(["key", "dtype", "shape", "bytes"], rightAligned: [3])
            for entry in header.entries {
                let shape = "[" + entry.shape.map(String.init).joined(separator: ", ") + "]"
                table.add([abbreviated(entry.name), entry.dtype.rawValue, abbreviated(shape), "\(entry.range.count)"])
            }
            let summary =
                "\n\n\(header.entries.count) tensors, \(inspection.parameterCount) parameters, "
                + "\(header.fileBytes) bytes (\(readableBytes(header.fileBytes)))"
            if header.metadata.isEmpty { return table.fitted + summary }
            var metadata = TextTable(["metadata", "value"])
            for (key, value) in header.metadata.sorted(by: { $0.key < $1.key }) {
                metadata.add([key, key == WeightsMetadata.Key.labels.rawValue ? abbreviatedLabels(value) : value])
            }
            return table.fitted + summary + "\n\n" + metadata.fitted
        }

        /// "80: person, bicycle, car, … toothbrush"
        private func abbreviatedLabels(_ text: String) -> String {
            guard let labels = (try? JSONValue.parse(text))?.array?.compactMap(\.string), labels.count > 4 else {
                return text
            }
            return "\(labels.count): " + labels.prefix(3).joined(separator: ", ") + ", … \(labels[labels.count - 1])"
        }
    }
}

/// The keys and shapes that weights of a network have.
private struct DeclaredKeys {
    let model: String
    let classes: Int
    let parameters: [(name: String, shape: [Int])]

    init(_ spec: ModelSpec) {
        (model, classes) = (spec.name, spec.defaultClasses)
        parameters = spec.parameterShapes().map { ($0.name, $0.shape.dimensions) }
    }

    /// Elements of all tensors: parameters, and the running statistics of batch norms.
    var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.reduce(1, *) } }

    /// `{"model", "classes", "tensors": [{"name", "shape"}], "parameters"}`.
    var json: JSONValue {
        let tensors = parameters.map { name, shape -> JSONValue in
            ["name": .string(name), "shape": .array(shape.map { .integer($0) })]
        }
        return [
            "model": .string(model), "classes": .integer(classes), "tensors": .array(tensors),
            "parameters": .integer(parameterCount),
        ]
    }
}
