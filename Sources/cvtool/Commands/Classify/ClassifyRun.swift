import CLISupport
import CVClassification
import CVCore

/// One run of `cvtool classify`.
struct ClassifyRun {
    private let command: ClassifyCommand

    init(_ command: ClassifyCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus {
        let inputs = command.input.expanded
        let classifier = try command.classifier.makeClassifier()
        if command.views == .tenCrop { try classifier.checkMemory(images: 10) }
        let loop = InputLoop(title: "classify", json: command.json, quiet: command.quiet)
        return try untilOutputIsClosed {
            let summary = try loop.run(inputs) { input in
                let image = try command.input.images.read(input)
                let found = try classifier(image, top: command.top, views: command.views)
                return ClassificationRecord(
                    input: input.name, width: image.width, height: image.height, results: found)
            }
            return loop.end(summary)
        }
    }
}
