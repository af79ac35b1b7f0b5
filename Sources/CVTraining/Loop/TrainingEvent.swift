import CVTensor

/// What `Trainer.run` reports to its caller, who may show it: the trainer itself prints nothing.
public enum TrainingEvent: Sendable {
    /// Before the first step. epoch, step: the first ones, counted from 0; not both 0 for a run that is resumed.
    case began(epoch: Int, step: Int)
    case step(TrainingStep)
    /// The validation part was evaluated; nothing is saved yet.
    case epochEnded(EpochResult)
    /// The epoch that just ended is the best so far; `previous` is the best value before.
    case improved(EpochResult, previous: Double?)
    case saved(SavedFile, path: String)
    case stopped(TrainingSummary)

    /// A file of the run.
    public enum SavedFile: Sendable, Equatable {
        case checkpoint, best
    }
}

/// One step of a training.
public struct TrainingStep: Sendable, Equatable {
    /// Counted from 0.
    public let epoch: Int
    /// Counted from 0 within the epoch.
    public let step: Int
    /// The number of steps in an epoch.
    public let stepsPerEpoch: Int
    /// The number of epochs.
    public let epochs: Int
    /// The loss of the batch.
    public let loss: Float
    /// The learning rate of this step.
    public let learningRate: Float
    /// The time since `run` was called.
    public let seconds: Double
    /// Estimated from this run, for all epochs with their evaluations; nil before the first step.
    public let timeRemaining: Double?
}

/// The result of one epoch: a line of the log.
public struct EpochResult: Sendable, Equatable {
    /// Counted from 1.
    public let epoch: Int
    /// The learning rate of the last step.
    public let learningRate: Float
    /// The mean training loss over the steps of the epoch.
    public let loss: Double
    /// The means over the steps of the metrics that the loss function returned beside the loss.
    public let trainingMetrics: Metrics
    /// The metrics on validation, after the epoch.
    public let metrics: Metrics
    /// The duration of the epoch with its evaluation.
    public let seconds: Double

    /// - Parameters:
    ///   - epoch: counted from 1.
    ///   - learningRate: of the last step.
    ///   - loss: the mean training loss.
    ///   - trainingMetrics: means over the steps.
    ///   - metrics: on validation.
    ///   - seconds: the duration.
    public init(
        epoch: Int, learningRate: Float, loss: Double, trainingMetrics: Metrics = [:], metrics: Metrics,
        seconds: Double
    ) {
        self.epoch = epoch
        self.learningRate = learningRate
        self.loss = loss
        self.trainingMetrics = trainingMetrics
        self.metrics = metrics
        self.seconds = seconds
    }

    /// The value that selects the best epoch. If nothing was evaluated, "loss" is the training loss.
    ///
    /// - Parameter selection: a metric that there is.
    /// - Returns: its value.
    public func value(of selection: MetricSelection) -> Double {
        precondition(
            hasValue(of: selection),
            "the evaluation has no \(selection.name), which is to select the best epoch: it has \(metrics.names)")
        return metrics[selection.name] ?? loss
    }

    func hasValue(of selection: MetricSelection) -> Bool {
        metrics[selection.name] != nil || (metrics.isEmpty && selection.name == "loss")
    }
}

/// How a run ended.
public struct TrainingSummary: Sendable, Equatable {
    /// Why a run ended.
    public enum Reason: String, Sendable, Equatable {
        case completed = "all epochs were made"
        case earlyStopping = "the metric did not improve any more"
        case interrupted = "it was interrupted"
    }

    /// Why the run ended.
    public let reason: Reason
    /// All epochs, including those before a resumption.
    public let rows: [EpochResult]
    /// The row of the best epoch; nil before the first evaluation.
    public let best: EpochResult?

    /// The number of epochs that were made.
    public var epochs: Int { rows.count }
}

/// The loss of a batch and other metrics, such as its accuracy.
public struct TrainingLoss {
    /// One element, recorded on the tape.
    public let loss: Tensor
    /// Other metrics of the batch.
    public let metrics: Metrics

    /// - Parameters:
    ///   - loss: one element, recorded on the tape.
    ///   - metrics: of the batch.
    public init(_ loss: Tensor, metrics: Metrics = [:]) {
        self.loss = loss
        self.metrics = metrics
    }
}
