import CLISupport
import CVClassification
import CVCore
import CVImage

/// One run of `cvtool classify`.
struct ClassifyRun {
    private let command: ClassifyCommand

    init(_ command: ClassifyCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus {
        let inputs = InputExpander(recursive: command.recursive).expand(command.inputs)
        let classifier = try command.classifier.makeClassifier()
        return try untilOutputIsClosed {
            try InputLoop(title: "classify", quiet: command.quiet).run(inputs) { input in
                let image = try command.pictures.read(input)
                let found = classifier(image, top: command.top, views: command.views)
                return text(
                    ClassificationRecord(input: input.name, width: image.width, height: image.height, results: found))
            } failure: { name, message in
                command.json ? ClassificationRecord(input: name, error: message).json + "\n" : ""
            }
        }
    }

    private func text(_ record: ClassificationRecord) -> String {
        if command.json { return record.json + "\n" }
        return record.results.map { "\(record.input.escapedForDisplay): \($0.text)\n" }.joined()
    }
}
