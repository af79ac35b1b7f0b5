import CLISupport
import CVClassification
import CVCore
import CVImage

/// One run of `cvtool classify`: over the inputs one by one, so that memory does not grow with their number.
struct ClassifyRun {
    private let command: ClassifyCommand

    init(_ command: ClassifyCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus {
        do {
            return try runAll()
        } catch StreamError.closed {
            return .success
        }
    }

    private func runAll() throws -> ExitStatus {
        let inputs = InputExpander(recursive: command.recursive).expand(command.inputs)
        let classifier = try Classifier(command.weights ?? command.model ?? "")
        var summary = RunSummary(total: inputs.count)
        let bar = ProgressBar(title: "classify", total: inputs.count, quiet: command.quiet)
        defer { bar.finish() }
        for input in inputs {
            if Interruption.isRequested {
                summary.isInterrupted = true
                break
            }
            do {
                let image = try command.pictures.read(input)
                let record = ClassificationRecord(
                    input: input.name, width: image.width, height: image.height,
                    results: classifier(image, top: command.top))
                summary.recordSuccess()
                bar.advance()
                try bar.hidden { try StandardOutput.write(text(record)) }
            } catch let error as StreamError {
                throw error
            } catch let error as any ToolkitError {
                summary.recordFailure(input.name)
                bar.advance()
                try bar.hidden {
                    warn(error.advice)
                    let record = ClassificationRecord(input: input.name, error: error.advice)
                    if command.json { try StandardOutput.write(record.json + "\n") }
                }
            }
        }
        bar.finish()
        if let text = summary.text, !command.quiet { StandardError.write(text) }
        return summary.status
    }

    private func text(_ record: ClassificationRecord) -> String {
        if command.json { return record.json + "\n" }
        return record.results.map { found in
            "\(record.input.escapedForDisplay): \(found.label.escapedForDisplay) "
                + "\(decimal(Double(found.probability) * 100, 1))%\n"
        }.joined()
    }
}
