import CLISupport
import CVCore
import CVImage
import CVNN
import CVSegmentation

/// One run of `cvtool evaluate segment`.
struct EvaluateSegmentRun {
    private let command: EvaluateSegmentCommand
    private let output: EvaluationOutputOptions

    init(_ command: EvaluateSegmentCommand) { (self.command, output) = (command, command.output) }

    private struct Interrupted: Error {}

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        if let path = output.confusion { try FileOutput.checkWritable(path, overwrite: output.force) }
        let segmenter = try Segmenter(command.weights)
        let dataset = try command.classes.dataset(command.data, unlisted: segmenter.labels)
        let pictures = try dataset.checked(quiet: output.quiet) {
            try SegmentationPictures(checking: $0, labels: segmenter.labels, progress: $1)
        }
        let items = try command.selection.items(of: pictures.items.count) { try pictures.split(holdout: $0, seed: $1) }
        do {
            let metrics = try evaluate(segmenter, pictures, items)
            if let path = output.confusion {
                try metrics.confusionPicture.write(to: path, overwrite: output.force)
                if !output.quiet { StandardError.write("wrote \(path.escapedForDisplay)\n") }
            }
            try StandardOutput.write(output.json ? metrics.json.text + "\n" : text(metrics))
        } catch is Interrupted {
            return .interrupted
        } catch StreamError.closed {
            return .success
        }
        return .success
    }

    private func evaluate(
        _ segmenter: Segmenter, _ pictures: SegmentationPictures, _ items: [Int]
    ) throws -> SegmentationMetrics {
        let bar = ProgressBar(title: "evaluate", total: items.count, quiet: output.quiet)
        defer { bar.finish() }
        return try segmenter.evaluate(pictures, items: items) { _ in
            if Interruption.isRequested { throw Interrupted() }
            bar.advance()
        }
    }

    /// Larger matrices fill no screen.
    private static let mostColumns = 25

    private func text(_ metrics: SegmentationMetrics) -> String {
        let confusion =
            metrics.classes.count <= Self.mostColumns
            ? "\n\(metrics.confusionText)\n"
            : "\nthe confusion matrix of \(metrics.classes.count) classes: --json, or --confusion FILE.png\n"
        return """
            pictures        \(metrics.pictures)
            mean IoU        \(decimal(metrics.meanIoU, 4))
            pixel accuracy  \(decimal(metrics.pixelAccuracy, 4))

            \(metrics.report)

            """ + confusion
    }
}
