import CVTensor

/// What `Trainer.run` tells its caller, who may show it: the trainer itself prints nothing.
public enum TrainingEvent: Sendable {
    /// Before the first step. epoch, step: where it begins, from 0; not both 0 for a run that is resumed.
    case began(epoch: Int, step: Int)
    case step(TrainingStep)
    /// The held-back part was evaluated; before anything is saved.
    case epochEnded(EpochResult)
    /// The epoch that just ended is the best so far; `previous` is the best value before.
    case improved(EpochResult, previous: Double?)
    case saved(SavedFile, path: String)
    case stopped(TrainingSummary)

    public enum SavedFile: Sendable, Equatable {
        case checkpoint, best
    }
}

/// One step that was made.
public struct TrainingStep: Sendable, Equatable {
    /// From 0.
    public let epoch: Int
    /// From 0, within the epoch.
    public let step: Int
    public let stepsPerEpoch: Int
    public let epochs: Int
    public let loss: Float
    public let learningRate: Float
    /// Since `run` was called.
    public let seconds: Double
    /// Estimated from this run, for all epochs with their evaluations; nil before there is something to go by.
    public let timeRemaining: Double?
}

/// What one epoch gave: a line of the log.
public struct EpochResult: Sendable, Equatable {
    /// From 1.
    public let epoch: Int
    /// Of the last step.
    public let learningRate: Float
    /// The mean over the steps of the epoch.
    public let loss: Double
    /// Means over the steps of what the loss function gave beside the loss.
    public let trainingMetrics: Metrics
    /// Of the held-back part, after the epoch.
    public let metrics: Metrics
    /// Of the epoch with its evaluation.
    public let seconds: Double

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

    /// The value by which the best epoch is told. Where nothing was evaluated, "loss" is that of the training.
    public func value(of selection: MetricSelection) -> Double {
        precondition(
            hasValue(of: selection),
            "the evaluation gives no \(selection.name), by which the best is to be told: it gives \(metrics.names)")
        return metrics[selection.name] ?? loss
    }

    func hasValue(of selection: MetricSelection) -> Bool {
        metrics[selection.name] != nil || (metrics.isEmpty && selection.name == "loss")
    }
}

/// How a run ended.
public struct TrainingSummary: Sendable, Equatable {
    public enum Reason: String, Sendable, Equatable {
        case completed = "all epochs were made"
        case earlyStopping = "the metric did not improve any more"
        case interrupted = "it was interrupted"
    }

    public let reason: Reason
    /// All epochs, those before a resumption too.
    public let rows: [EpochResult]
    /// The row of the best epoch; nil before the first evaluation.
    public let best: EpochResult?

    public var epochs: Int { rows.count }
}

/// The loss of a batch, and what else there is to say about it, such as its accuracy.
public struct TrainingLoss {
    /// One element, recorded on the tape.
    public let loss: Tensor
    public let metrics: Metrics

    public init(_ loss: Tensor, metrics: Metrics = [:]) {
        self.loss = loss
        self.metrics = metrics
    }
}
