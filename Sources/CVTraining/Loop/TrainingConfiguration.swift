import CVNN
import CVTensor
import CVWeights

/// Length and learning rates of a training, and when it ends.
public struct TrainingConfiguration: Sendable {
    /// The number of epochs.
    public var epochs: Int
    /// The number of batches in an epoch.
    public var stepsPerEpoch: Int
    /// The learning rate; its time is epochs, with fractions: step 25 of 100 in the third epoch is at 2.25.
    public var schedule: Schedule
    /// The seed of all random numbers of the run, such as those of dropout.
    public var seed: UInt64
    /// The metric that selects the best weights.
    public var selection: MetricSelection
    /// Gradients are clipped to this norm; nil for no clipping.
    public var gradientNorm: Float?
    /// With a decay, the exponentially weighted average of the weights is what is evaluated and kept as the best.
    public var averageDecay: Float?
    /// The number of epochs without improvement after which training ends; nil for never.
    public var patience: Int?
    /// What else the losses depend on, such as the batch size: a run that is resumed must have the same.
    public var details: [String: String]
    /// The images: a run that is resumed must have the same. Nil if they are not compared.
    public var dataset: DatasetFingerprint?

    /// - Parameters:
    ///   - epochs: the number of epochs.
    ///   - stepsPerEpoch: the number of batches in an epoch.
    ///   - schedule: the learning rate over epochs.
    ///   - seed: of all random numbers.
    ///   - selection: the metric that selects the best weights.
    ///   - gradientNorm: the largest norm of the gradient.
    ///   - averageDecay: of the average of the weights.
    ///   - patience: the number of epochs without improvement.
    ///   - details: what else the losses depend on.
    ///   - dataset: the images, as `ImageDataset.fingerprint` gives them; nil if they are not compared.
    public init(
        epochs: Int, stepsPerEpoch: Int, schedule: Schedule, seed: UInt64 = 0,
        selection: MetricSelection = .lowest("loss"), gradientNorm: Float? = nil, averageDecay: Float? = nil,
        patience: Int? = nil, details: [String: String] = [:], dataset: DatasetFingerprint? = nil
    ) {
        precondition(epochs >= 0 && stepsPerEpoch > 0, "\(epochs) epochs of \(stepsPerEpoch) steps")
        precondition(patience ?? 1 > 0, "a patience of \(patience ?? 0) epochs, above 0 expected")
        self.epochs = epochs
        self.stepsPerEpoch = stepsPerEpoch
        self.schedule = schedule
        self.seed = seed
        self.selection = selection
        self.gradientNorm = gradientNorm
        self.averageDecay = averageDecay
        self.patience = patience
        self.details = details
        self.dataset = dataset
    }
}

/// The weights that are kept: those of the best epoch by a metric, or of the last one.
public enum MetricSelection: Sendable, Equatable {
    case highest(String)
    case lowest(String)
    /// Each epoch is better than those before; the metric is shown. For a learning rate that falls to 0, where validation is too
    /// small to choose an epoch by: the highest of a hundred values of a few people is mostly luck.
    case last(String)

    /// The name of the metric.
    public var name: String {
        switch self {
        case .highest(let name), .lowest(let name), .last(let name): name
        }
    }

    /// Whether a value is better than the best one so far.
    ///
    /// - Parameters:
    ///   - value: NaN is never the highest or lowest.
    ///   - best: nil if there is none so far.
    /// - Returns: true if it is better.
    public func isBetter(_ value: Double, than best: Double?) -> Bool {
        if case .last = self { return true }
        guard !value.isNaN else { return false }
        guard let best else { return true }
        return if case .highest = self { value > best } else { value < best }
    }
}

/// The files of a run. Each is written whole or not at all, so the one before stays if a write fails.
public struct TrainingFiles: Sendable {
    /// The path of the checkpoint; nil for none.
    public var checkpoint: String?
    /// The path of the weights that are best on validation; nil for none.
    public var best: String?
    /// The precision of the best weights.
    public var bestStorage: SafetensorsTensor.Storage
    /// The metadata of `best`, such as the dictionary of a `WeightsMetadata`.
    public var bestMetadata: @Sendable (EpochResult) -> [String: String]
    /// The scope of parameters that are not part of the network, such as those of a loss: the checkpoint has them, the best weights
    /// do not. Nil for none.
    public var lossScope: String?

    /// No files.
    public static let none = TrainingFiles()

    /// - Parameters:
    ///   - checkpoint: its path; nil for none.
    ///   - best: the path of the best weights; nil for none.
    ///   - bestStorage: their precision.
    ///   - bestMetadata: their metadata after an epoch.
    public init(
        checkpoint: String? = nil, best: String? = nil, bestStorage: SafetensorsTensor.Storage = .f32,
        bestMetadata: @escaping @Sendable (EpochResult) -> [String: String] = { _ in [:] }
    ) {
        self.checkpoint = checkpoint
        self.best = best
        self.bestStorage = bestStorage
        self.bestMetadata = bestMetadata
    }
}
