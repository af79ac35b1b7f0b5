import CLISupport
import CVClassification
import CVCore
import CVNN
import CVTraining

/// One run of `cvtool evaluate classify`.
struct EvaluateClassifyRun {
    private let command: EvaluateClassifyCommand

    init(_ command: EvaluateClassifyCommand) { self.command = command }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let classifier = try Classifier(command.weights)
        let dataset = try ImageDataset.classification(contentsOf: command.data, classes: classifier.labels)
        try command.output.prepare(dataset, weights: command.weights)
        let images = try dataset.decoded(showing: "decode", quiet: command.output.quiet) {
            try $0.decoded(for: classifier.preprocessing, progress: $1)
        }
        let items = try command.selection.items(of: images, quiet: command.output.quiet)
        let missing = dataset.classesWithoutImages
        if !missing.isEmpty {
            let names = missing.prefix(5).map { quoted($0) }.joined(separator: ", ")
            warn(
                "\(command.data.escapedForDisplay): no images of \(missing.count) of \(classifier.labels.count) classes: "
                    + "\(names)\(missing.count > 5 ? " …" : ""); their recall is undefined, and given as 0")
        }
        let status: ExitStatus = images.broken.isEmpty && dataset.skipped.lost == 0 ? .success : .partial
        return try command.output.run(images: items.count, status: status) {
            try classifier.evaluate(images, items: items, flip: command.flip, progress: $0)
        }
    }
}

extension ClassificationMetrics: EvaluationMetrics {
    static var mostColumns: Int { 40 }

    var figures: [(name: String, text: String)] {
        [
            ("images", "\(count)"), ("accuracy", decimal(accuracy, 4)), ("top-5", decimal(topFiveAccuracy, 4)),
            ("loss", decimal(loss, 4)),
        ]
    }
}
