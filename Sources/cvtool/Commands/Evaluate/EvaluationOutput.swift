import ArgumentParser
import CLISupport
import CVCore
import CVImage
import CVTask
import CVTraining

/// The outputs of an evaluation.
struct EvaluationOutputOptions: ParsableArguments {
    @Option(help: .init("Write the confusion matrix as an image.", valueName: "file"))
    var confusion: String?

    @Flag(help: "Print all numbers as one JSON object instead.")
    var json = false

    @Flag(help: "Overwrite the file of --confusion.")
    var force = false

    @OptionGroup var threads: ComputingOptions

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws { try checkIsImage("--confusion", confusion) }

    /// Checks the outputs before the work, not after it, and creates the folder of a file.
    ///
    /// - Parameters:
    ///   - dataset: what is evaluated on.
    ///   - weights: what is evaluated.
    ///   - labels: the list of the classes.
    /// - Throws: `OutputError` or `FileError`.
    func prepare(_ dataset: ImageDataset, weights: String, labels: String? = nil) throws {
        var files = RunFiles()
        files.read(dataset)
        files.read(weights: weights)
        files.read(labels)
        files.write(confusion, by: "--confusion")
        try files.check(force: force)
        try files.makeFolders()
    }

    /// Evaluates with a bar, and writes the metrics.
    ///
    /// - Parameters:
    ///   - count: the number of images to evaluate on.
    ///   - status: of an evaluation that is completed.
    ///   - evaluate: does it, given a function to be called with the number of images done.
    /// - Returns: how the command ends.
    /// - Throws: a `ToolkitError`, and what `evaluate` throws.
    func run<Metrics: EvaluationMetrics>(
        images count: Int, status: ExitStatus = .success,
        _ evaluate: (_ progress: (_ done: Int) throws -> Void) throws -> Metrics
    ) throws -> ExitStatus {
        try EvaluationProgress(images: count, quiet: quiet).run(status: status, evaluate, write: write)
    }

    private func write(_ metrics: some EvaluationMetrics) throws {
        if let confusion {
            try metrics.confusionImage.write(to: confusion, overwrite: force)
            if !quiet {
                let most = ConfusionMatrix.mostDrawn
                let part = metrics.classes.count > most ? ", with the \(most) classes that are most often confused" : ""
                StandardError.write("wrote \(confusion.escapedForDisplay)\(part)\n")
            }
        }
        try StandardOutput.write(json ? metrics.json.text + "\n" : metrics.text)
    }
}

/// An evaluation with a bar, which Ctrl-C ends.
struct EvaluationProgress {
    /// The number of images to evaluate on.
    let images: Int
    let quiet: Bool

    private struct Interrupted: Error {}

    /// Evaluates, and writes the metrics.
    ///
    /// - Parameters:
    ///   - status: of an evaluation that is completed.
    ///   - evaluate: does it, given a function to be called with the number of images done.
    ///   - write: writes the metrics.
    /// - Returns: how the command ends.
    /// - Throws: a `ToolkitError`, and what `evaluate` and `write` throw.
    func run<Metrics>(
        status: ExitStatus, _ evaluate: (_ progress: (_ done: Int) throws -> Void) throws -> Metrics,
        write: (Metrics) throws -> Void
    ) throws -> ExitStatus {
        try untilOutputIsClosed {
            do {
                try write(showing(evaluate))
                return status
            } catch is Interrupted {
                return .interrupted
            }
        }
    }

    private func showing<Metrics>(
        _ evaluate: (_ progress: (_ done: Int) throws -> Void) throws -> Metrics
    ) throws -> Metrics {
        let bar = ProgressBar(title: "evaluate", total: images, quiet: quiet)
        defer { bar.finish() }
        var shown = 0
        return try evaluate { done in
            if Interruption.isRequested { throw Interrupted() }
            while shown < done {
                bar.advance()
                shown += 1
            }
        }
    }
}

/// The metrics of an evaluation, as a command prints them.
protocol EvaluationMetrics {
    var classes: [String] { get }
    /// The overall metrics, with their names.
    var figures: [(name: String, text: String)] { get }
    /// The scores of each class, as a table.
    var report: String { get }
    var confusionText: String { get }
    var confusionImage: Image { get }
    var json: JSONValue { get }
    /// The largest confusion matrix that fits a screen.
    static var mostColumns: Int { get }
}

extension EvaluationMetrics {
    fileprivate var text: String {
        let width = figures.map(\.name.count).max() ?? 0
        let lines = figures.map { "\($0.name.padded(to: width))  \($0.text)" }
        let confusion =
            classes.count <= Self.mostColumns
            ? confusionText
            : "the confusion matrix of \(classes.count) classes: --json, or --confusion FILE.png"
        return "\(lines.joined(separator: "\n"))\n\n\(report)\n\n\(confusion)\n"
    }
}
