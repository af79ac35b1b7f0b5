import CVNN
import CVTensor
import CVWeights

/// How long and with what rates a network is trained, and when its training ends.
public struct TrainingConfiguration: Sendable {
    public var epochs: Int
    public var stepsPerEpoch: Int
    /// The learning rate; its time is epochs, with fractions: step 25 of 100 in the third epoch is at 2.25.
    public var schedule: Schedule
    /// What all random numbers of the run start from, such as those of dropout.
    public var seed: UInt64
    /// Which weights are the best.
    public var selection: MetricSelection
    /// Gradients are shortened to this norm; nil for as they are.
    public var gradientNorm: Float?
    /// With a decay, the exponentially weighted average of the weights is what is evaluated and kept as the best.
    public var averageDecay: Float?
    /// Training ends after so many epochs in a row that are no better than the best; nil for never.
    public var patience: Int?
    /// What else the losses depend on, such as the batch size: a run that is resumed must have the same.
    public var details: [String: String]

    public init(
        epochs: Int, stepsPerEpoch: Int, schedule: Schedule, seed: UInt64 = 0,
        selection: MetricSelection = .lowest("loss"), gradientNorm: Float? = nil, averageDecay: Float? = nil,
        patience: Int? = nil, details: [String: String] = [:]
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
    }
}

/// The metric by which the best weights are told.
public enum MetricSelection: Sendable, Equatable {
    case highest(String)
    case lowest(String)

    public var name: String {
        switch self {
        case .highest(let name), .lowest(let name): name
        }
    }

    /// Whether `value` is better than `best`, nil being no value so far. NaN never is.
    public func isBetter(_ value: Double, than best: Double?) -> Bool {
        guard !value.isNaN else { return false }
        guard let best else { return true }
        return if case .highest = self { value > best } else { value < best }
    }
}

/// The files of a run. Each is written whole or not at all, so the one before stays when a write fails.
public struct TrainingFiles: Sendable {
    /// All that is needed to go on: nil for none.
    public var checkpoint: String?
    /// The weights that did best on the held-back part: nil for none.
    public var best: String?
    public var bestStorage: SafetensorsTensor.Storage
    /// What `best` says about itself, such as the dictionary of a `WeightsMetadata`.
    public var bestMetadata: @Sendable (EpochResult) -> [String: String]

    public static let none = TrainingFiles()

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
