import CVCore

/// The settings that the trainings of all tasks share: how weights are optimized, regularized, chosen and seeded.
public struct TrainingSettings: Sendable, Equatable {
    // MARK: Optimization

    /// The number of passes over the images.
    public var epochs: Int
    /// The number of images in a step.
    public var batchSize: Int
    /// The optimizer.
    public var optimizer: OptimizerKind
    /// The full learning rate, before the schedule.
    public var learningRate: Double
    /// Of the optimizers `momentum` and `nesterov`.
    public var momentum = 0.9
    /// How the learning rate changes.
    public var schedule = ScheduleKind.cosine
    /// The number of epochs in which the learning rate grows linearly to its full value, step by step.
    public var warmup = 1.0
    /// The factor of L2 regularization of all weights; with `adamw` decoupled from the gradients.
    public var weightDecay: Double

    // MARK: Regularization

    /// The largest norm of the gradient; nil for any.
    public var clipNorm: Double?
    /// An `AugmentationRecipe`; empty for none.
    public var augmentation = ""

    // MARK: Validation

    /// The fraction of the images (of each class) that is held out for validation, if no folder or list assigns images to
    /// it; 0 to train on everything.
    public var holdout = 0.1
    /// The decay of the average of the weights that is evaluated and kept; nil for the weights themselves.
    public var averageDecay: Double?
    /// The number of epochs without improvement after which training ends; nil for never.
    public var patience: Int?

    // MARK: Start

    /// The seed of initial weights, order, augmentation and dropout.
    public var seed: UInt64 = 1
    /// The seed of the split; nil for `seed`. With one for all, runs of other seeds can be compared.
    public var splitSeed: UInt64?
    /// The weights that training is initialized from; nil for random ones.
    public var pretrained: Pretrained?

    /// Weights of a file.
    public struct Pretrained: Sendable, Equatable {
        /// The name of the weights, or a path.
        public var name: String
        /// The SHA-256 of the values, if the file has it.
        public var checksum: String?

        /// - Parameters:
        ///   - name: of the weights, or a path.
        ///   - checksum: the SHA-256 of the values.
        public init(name: String, checksum: String?) { (self.name, self.checksum) = (name, checksum) }
    }

    /// - Parameters:
    ///   - epochs: the number of passes over the images.
    ///   - batchSize: the number of images in a step.
    ///   - optimizer: the optimizer.
    ///   - learningRate: its learning rate, before the schedule.
    ///   - weightDecay: its L2 regularization.
    public init(
        epochs: Int, batchSize: Int, optimizer: OptimizerKind, learningRate: Double, weightDecay: Double
    ) {
        (self.epochs, self.batchSize, self.optimizer) = (epochs, batchSize, optimizer)
        (self.learningRate, self.weightDecay) = (learningRate, weightDecay)
    }
}

// MARK: As JSON

extension TrainingSettings {
    /// The settings of the optimization, as members of `recipe.json`.
    var optimization: [JSONMember] {
        [
            JSONMember("epochs", .integer(epochs)), JSONMember("batch_size", .integer(batchSize)),
            JSONMember("optimizer", .string(optimizer.rawValue)), JSONMember("learning_rate", .number(learningRate)),
            JSONMember("momentum", .number(momentum)), JSONMember("schedule", .string(schedule.rawValue)),
            JSONMember("warmup", .number(warmup)), JSONMember("weight_decay", .number(weightDecay)),
        ]
    }

    /// All other settings, as members of `recipe.json`.
    var regularization: [JSONMember] {
        JSONValue.members([
            "clip_norm": clipNorm.map { .number($0) }, "augment": .string(augmentation), "holdout": .number(holdout),
            "average": averageDecay.map { .number($0) }, "patience": patience.map { .integer($0) },
            "seed": .string("\(seed)"), "split_seed": splitSeed.map { .string("\($0)") },
            "pretrained": pretrained.map { .string($0.name) },
            "pretrained_sha256": pretrained?.checksum.map { .string($0) },
        ]).object ?? []
    }
}
