import ArgumentParser
import CLISupport
import CVClassification
import CVCore
import CVImage

/// One run of `cvtool explain`.
struct ExplainRun {
    private let command: ExplainCommand
    private let written = WrittenFiles()

    init(_ command: ExplainCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus {
        let inputs = InputExpander(recursive: command.recursive).expand(command.inputs)
        let destination = try OutputDestination(option: command.output, inputCount: inputs.count)
        try check(inputs, destination)
        let classifier = try command.classifier.makeClassifier()
        let label = try chosenClass(of: classifier)
        // Here rather than at each picture.
        if let layer = command.layer { _ = try classifier.shape(ofLayer: layer) }
        try destination.createFolder()
        defer { if let text = written.text(folder: destination.folder), !command.quiet { StandardError.write(text) } }
        return try untilOutputIsClosed {
            try InputLoop(title: "explain", quiet: command.quiet).run(inputs) { input in
                var image = try command.pictures.read(input)
                let map = try classifier.classActivation(of: image, class: label, layer: command.layer)
                let path = path(of: input.name, destination)
                let explanation = Explanation(map, picture: path)
                let record = InputRecord(
                    input: input.name, width: image.width, height: image.height, results: [explanation])
                draw(map, on: &image)
                try image.write(to: path, quality: command.quality, overwrite: command.force)
                written.add(.picture, path)
                return command.json
                    ? record.json + "\n" : "\(input.name.escapedForDisplay): \(map.classification.text)\n"
            } failure: { name, message in
                command.json ? InputRecord<Explanation>(input: name, error: message).json + "\n" : ""
            }
        }
    }

    private func chosenClass(of classifier: Classifier) throws -> Int? {
        guard let label = command.label else { return nil }
        do throws(ClassSelectionError) {
            return try ClassSelection.index(of: label, labels: classifier.labels)
        } catch {
            warn(error.text(option: "--class"))
            throw ExitCode(ExitStatus.usage.rawValue)
        }
    }

    /// Whether all outputs may be written: before the work.
    private func check(_ inputs: [Input], _ destination: OutputDestination) throws {
        let planned = inputs.compactMap { input -> PlannedOutput? in
            if case .problem = input { return nil }
            return PlannedOutput(input: input.name, path: path(of: input.name, destination))
        }
        try PlannedOutput.check(
            planned, inputs: inputs.map(\.name), destination: destination, force: command.force)
    }

    private func path(of input: String, _ destination: OutputDestination) -> String {
        destination.picturePath(for: input, ending: "_explain")
    }

    private func draw(_ map: ClassActivationMap, on image: inout Image) {
        image.overlay(
            heat: map.shares, columns: map.width, rows: map.height, frame: map.frame.box, opacity: command.opacity)
        image.drawTag(map.classification.text, x: 0, y: 0, color: Color(24, 12, 60))
    }
}

/// What `cvtool explain --json` writes about a picture.
private struct Explanation: RecordedResult {
    static var listName: String { "explanations" }

    let classification: Classification
    let layer, picture: String

    init(_ map: ClassActivationMap, picture: String) {
        classification = map.classification
        layer = map.layer
        self.picture = picture
    }

    var json: JSONValue {
        [
            "label": .string(classification.label), "class": .integer(classification.index),
            "probability": JSONValue(classification.probability), "layer": .string(layer), "picture": .string(picture),
        ]
    }
}
