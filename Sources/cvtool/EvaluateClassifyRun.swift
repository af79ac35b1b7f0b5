import CLISupport
import CVClassification
import CVCore
import CVImage
import CVNN

/// One run of `cvtool evaluate classify`.
struct EvaluateClassifyRun {
    private let command: EvaluateClassifyCommand

    init(_ command: EvaluateClassifyCommand) { self.command = command }

    private struct Interrupted: Error {}

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        if let path = command.output.confusion { try FileOutput.checkWritable(path, overwrite: command.output.force) }
        let classifier = try Classifier(command.weights)
        let dataset = try ClassificationDataset(contentsOf: command.data, classes: classifier.labels)
        let pictures = try dataset.decoded(showing: "decode", quiet: command.output.quiet) {
            try $0.decoded(for: classifier.preprocessing, progress: $1)
        }
        let items = try command.selection.items(of: pictures.items.count) {
            try pictures.split(holdout: $0, seed: $1)
        }
        do {
            let metrics = try evaluate(classifier, pictures, items)
            if let path = command.output.confusion { try draw(metrics, to: path) }
            try StandardOutput.write(command.output.json ? metrics.json.text + "\n" : text(metrics))
        } catch is Interrupted {
            return .interrupted
        } catch StreamError.closed {
            return .success
        }
        return pictures.broken.isEmpty ? .success : .partial
    }

    private func evaluate(
        _ classifier: Classifier, _ pictures: DecodedPictures, _ items: [Int]
    ) throws -> ClassificationMetrics {
        let bar = ProgressBar(title: "evaluate", total: items.count, quiet: command.output.quiet)
        defer { bar.finish() }
        var shown = 0
        return try classifier.evaluate(pictures, items: items, flip: command.flip) { done in
            if Interruption.isRequested { throw Interrupted() }
            while shown < done {
                bar.advance()
                shown += 1
            }
        }
    }

    /// Larger matrices fill no screen.
    private static let mostColumns = 40

    private func text(_ metrics: ClassificationMetrics) -> String {
        let confusion =
            metrics.classes.count <= Self.mostColumns
            ? "\n\(metrics.confusionText)\n"
            : "\nthe confusion matrix of \(metrics.classes.count) classes: --json, or --confusion FILE.png\n"
        return """
            pictures  \(metrics.count)
            accuracy  \(decimal(metrics.accuracy, 4))
            top-5     \(decimal(metrics.topFiveAccuracy, 4))
            loss      \(decimal(metrics.loss, 4))

            \(metrics.report)

            """ + confusion
    }

    private func draw(_ metrics: ClassificationMetrics, to path: String) throws {
        try metrics.confusionPicture.write(to: path, overwrite: command.output.force)
        if !command.output.quiet { StandardError.write("wrote \(path.escapedForDisplay)\n") }
    }
}
