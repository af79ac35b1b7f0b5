import CVCore
import CVNN

/// Training that cannot go on, or cannot be resumed.
public struct TrainingError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        /// A loss, weight or gradient became NaN or infinite. epoch and step from 1, as people count.
        case notFinite(epoch: Int, step: Int, loss: Float, NonFiniteCause)
        /// The batches of an epoch ended early. From 1.
        case tooFewBatches(epoch: Int, found: Int, expected: Int)

        // A checkpoint.
        case notACheckpoint(reason: String)
        case otherNetwork(ParameterMismatch)
        case otherOptimizer(ParameterMismatch)
        case otherConfiguration([Difference])
    }

    /// Something that is not what it was when the checkpoint was written.
    public struct Difference: Sendable, Equatable {
        public let name: String
        /// Nil where it was not set.
        public let saved, present: String?
    }

    /// The path of the checkpoint.
    public let file: String?
    public let problem: Problem

    public init(_ problem: Problem, in file: String? = nil) {
        self.problem = problem
        self.file = file
    }

    public var description: String { (file.map { $0.escapedForDisplay + ": " } ?? "") + problem.text }
}

/// Where numbers first were NaN or infinite.
public enum NonFiniteCause: Sendable, Equatable {
    /// These weights, or statistics, before the step.
    case parameters([String])
    /// What the network was given.
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
        case .notACheckpoint(let reason):
            "is not a checkpoint of a training run: \(reason); resume from the checkpoint that the run wrote"
        case .otherNetwork(let mismatch): "is the checkpoint of another network: \(mismatch)"
        case .otherOptimizer(let mismatch):
            "is the checkpoint of another optimiser, or other weights were frozen: \(mismatch)"
        case .otherConfiguration(let differences):
            "is the checkpoint of a run with other settings: "
                + differences.map(\.text).joined(separator: "; ") + "; use the same, or begin a new run"
        }
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
