import CVCore
import CVNN

/// Training that cannot continue, or cannot be resumed.
public struct TrainingError: ToolkitError, Equatable {
    /// What happened.
    public enum Problem: Sendable, Equatable {
        /// A loss, weight or gradient became NaN or infinite. epoch and step are counted from 1.
        case notFinite(epoch: Int, step: Int, loss: Float, NonFiniteCause)
        /// The batches of an epoch ended early. The epoch is counted from 1.
        case tooFewBatches(epoch: Int, found: Int, expected: Int)
        /// A batch normalization got one value of each channel, whose variance is 0. `shape` is that of the values.
        case oneValuePerChannel(layer: String, shape: [Int])

        // A checkpoint.
        case notACheckpoint(reason: String)
        case otherNetwork(ParameterMismatch)
        case otherOptimizer(ParameterMismatch)
        case otherConfiguration([Difference])
        /// Other classes or other images.
        case otherDataset([DatasetFingerprint.Difference])
    }

    /// A setting that has changed since the checkpoint was written.
    public struct Difference: Sendable, Equatable {
        /// Of the setting.
        public let name: String
        /// Nil if it was not set.
        public let saved, present: String?
    }

    /// The path of the checkpoint.
    public let file: String?
    /// What happened.
    public let problem: Problem

    /// - Parameters:
    ///   - problem: what happened.
    ///   - file: the path of the checkpoint, if it is about one.
    public init(_ problem: Problem, in file: String? = nil) {
        self.problem = problem
        self.file = file
    }

    /// The file, if there is one, and the problem.
    public var description: String { (file.map { $0.escapedForDisplay + ": " } ?? "") + problem.text }
}

/// Where numbers first became NaN or infinite.
public enum NonFiniteCause: Sendable, Equatable {
    /// These weights, or statistics, before the step.
    case parameters([String])
    /// The input of the network.
    case input
    /// The result of the layer that has this parameter, or of an operation between it and the next.
    case result(after: String)
    /// The gradients of these, from the one nearest to the loss.
    case gradients([String])
    /// The loss alone, of a network without a tape or parameters.
    case loss
}

extension TrainingError.Problem {
    fileprivate var text: String {
        switch self {
        case .notFinite(let epoch, let step, let loss, let cause):
            "epoch \(epoch), step \(step): \(cause.text(loss)); training stopped, the last checkpoint is as it was; "
                + "try a smaller learning rate, a warm-up or gradient clipping"
        case .tooFewBatches(let epoch, let found, let expected):
            "epoch \(epoch): ended after \(pluralized(found, "step")) of \(expected), because there were no more batches; "
                + "count the steps of an epoch from the data"
        case .oneValuePerChannel(let layer, let shape):
            "expected more than 1 value per channel when training: the batch normalization \(quoted(layer)) gets "
                + "\(shape), whose variance is 0, so that nothing would be learned; take batches of 2 images or more, or "
                + "larger images"
        case .notACheckpoint(let reason):
            "is not a checkpoint of a training run: \(reason); resume from the checkpoint that the run wrote"
        case .otherNetwork(let mismatch): "is the checkpoint of another network: \(mismatch)"
        case .otherOptimizer(let mismatch):
            "is the checkpoint of another optimizer, or other weights were frozen: \(mismatch)"
        case .otherConfiguration(let differences):
            "is the checkpoint of a run with other settings: "
                + differences.map(\.text).joined(separator: "; ") + Self.remark(on: differences)
                + "; use the same, or begin a new run"
        case .otherDataset(let differences):
            "is the checkpoint of a run on other images: " + differences.map(\.description).joined(separator: "; ")
                + "; use the same, or begin a new run"
        }
    }
}

extension TrainingError.Problem {
    private static func remark(on differences: [TrainingError.Difference]) -> String {
        differences.contains { $0.name == "epochs" }
            ? " (the learning rates of this schedule depend on the number of epochs; a constant rate can go on for longer)"
            : ""
    }
}

extension TrainingError.Difference {
    fileprivate var text: String { "\(name) was \(saved ?? "not set") and is now \(present ?? "not set")" }
}

extension NonFiniteCause {
    fileprivate func text(_ loss: Float) -> String {
        switch self {
        case .parameters(let names): "NaN or infinity in \(listed(names))"
        case .input: "the loss is \(loss) because the input holds NaN or infinity"
        case .result(let name):
            "the loss is \(loss): the first result that is NaN or infinite is that of the layer "
                + "\(quoted(layer(of: name))), or of an operation right after it"
        case .gradients(let names): "the loss is \(loss), but NaN or infinity is in the gradient of \(listed(names))"
        case .loss: "the loss is \(loss), though all weights and results before it are finite"
        }
    }

    /// `layer1.0.conv1` for `layer1.0.conv1.weight`.
    private func layer(of parameter: String) -> String {
        parameter.lastIndex(of: ".").map { String(parameter[..<$0]) } ?? parameter
    }

    private func listed(_ names: [String]) -> String {
        let shown = names.prefix(3).map(quoted).joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }
}

extension TrainingError {
    public var category: ErrorCategory { .invalid }
}
