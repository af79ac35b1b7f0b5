import CLISupport
import CVCore
import CVNN
import CVSegmentation
import CVTask
import CVTraining

/// One run of `cvtool evaluate segment`.
struct EvaluateSegmentRun {
    private let command: EvaluateSegmentCommand

    init(_ command: EvaluateSegmentCommand) { self.command = command }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let segmenter = try Segmenter(command.weights)
        let dataset = try command.classes.dataset(command.data, unlisted: segmenter.labels)
        try command.output.prepare(dataset, weights: command.weights, labels: command.classes.labels)
        let white = try WhiteMasks(metadata: ModelFile(command.weights, task: .segment).texts)
        let images = try dataset.checked(quiet: command.output.quiet) {
            try SegmentationImages(checking: $0, labels: segmenter.labels, white: white, progress: $1)
        }
        images.reportRemarks(evaluating: true)
        let items = try command.selection.items(of: images.decoded, quiet: command.output.quiet)
        let isPartial = dataset.skipped.groups.contains { [.noMask, .noImage].contains($0.reason) }
        return try command.output.run(images: items.count, status: isPartial ? .partial : .success) {
            try segmenter.evaluate(images, items: items, progress: $0)
        }
    }
}

extension SegmentationMetrics: EvaluationMetrics {
    static var mostColumns: Int { 25 }

    var figures: [(name: String, text: String)] {
        [
            ("images", "\(images)"), ("mean IoU", decimal(meanIoU, 4)),
            ("pixel accuracy", decimal(pixelAccuracy, 4)),
        ]
    }
}
