import ArgumentParser
import CVTraining

extension OptimizerKind: ExpressibleByArgument {}
extension ScheduleKind: ExpressibleByArgument {}

/// The options of training that classification and segmentation share. (Faces have all but the size of a batch.)
///
/// Training of styles has those of its groups that apply there; a search for hyperparameters has `LearningOptions` alone,
/// and ranges in place of the others.
struct TrainingOptions<Task: ValidatedTask>: ParsableArguments {
    @OptionGroup var learning: LearningOptions<Task>
    @OptionGroup var steps: StepOptions<Task>
    @OptionGroup var regularization: RegularizationOptions<Task>

    /// Sets what the options say.
    ///
    /// - Parameter recipe: keeps its own values where an option is not given.
    func apply(to recipe: inout Task.Recipe) {
        learning.apply(to: &recipe.settings)
        steps.apply(to: &recipe.settings)
        regularization.apply(to: &recipe.settings)
    }
}

/// How long training takes, and on which images: the same in all trials of a search.
struct LearningOptions<Task: ValidatedTask>: ParsableArguments {
    @Option(help: .init("Number of epochs: passes over all images. (default: \(Task.defaults.epochs))", valueName: "n"))
    var epochs: Int?

    @Option(
        help: .init(
            "Optimizer. L-BFGS is not among them: it needs a loss that is the same function at every step, and each "
                + "step has other images. (default: \(Task.defaults.optimizer))"))
    var optimizer: OptimizerKind?

    @OptionGroup var schedule: ScheduleOptions

    @Option(
        help: .init(
            "Epochs in which the learning rate grows to its full value. (default: \(Task.defaults.warmup))",
            valueName: "epochs"))
    var warmup: Double?

    @Option(
        help: .init(
            "Augmentation of the images, such as mirror@0.5,rotate=15 (see cvtool help augment), or none. "
                + "(default: \(Task.defaults.augmentation))", valueName: "steps"))
    var augment: String?

    @Option(
        help: .init(
            "\(Task.holdout); 0 to train on everything.", valueName: "fraction"))
    var holdout = TrainingDefaults.common.holdout

    @OptionGroup var seeds: SeedOptions

    @Option(
        help: .init(
            "Hold out what the run with this --seed holds out, to compare runs of other seeds. (default: --seed)",
            valueName: "seed"))
    var splitSeed: UInt64?

    func validate() throws {
        try checkNumber("--epochs", epochs, in: 1...100_000)
        try checkNumber("--warmup", warmup, in: 0...1000)
        try checkNumber("--holdout", holdout, in: 0...0.9)
        if let augmentation, !augmentation.isEmpty { try checkAugmentation("--augment", augmentation) }
    }

    /// Empty for none; nil if nothing is said.
    private var augmentation: String? { augment.map { $0 == "none" ? "" : $0 } }

    func apply(to settings: inout TrainingSettings) {
        settings.epochs = epochs ?? settings.epochs
        settings.optimizer = optimizer ?? settings.optimizer
        schedule.apply(to: &settings)
        // Half of a short training at most.
        settings.warmup = warmup ?? min(settings.warmup, Double(settings.epochs) / 2)
        settings.augmentation = augmentation ?? settings.augmentation
        settings.holdout = holdout
        seeds.apply(to: &settings)
        settings.splitSeed = splitSeed
    }
}

/// `--schedule`.
struct ScheduleOptions: ParsableArguments {
    @Option(
        help: .init(
            "Schedule of the learning rate: along half a cosine to 0; up and down once; constant; to a tenth after "
                + "each third of the epochs; exponentially to a hundredth; as 1/(1 + k·epoch) to a tenth; as 1/√epoch.")
    )
    var schedule = TrainingDefaults.common.schedule

    func apply(to settings: inout TrainingSettings) { settings.schedule = schedule }
}

/// `--seed`.
struct SeedOptions: ParsableArguments {
    @Option(help: .init("Another seed gives other initial weights, another order, other images held out."))
    var seed = TrainingDefaults.common.seed

    func apply(to settings: inout TrainingSettings) { settings.seed = seed }
}

/// The size of a step, and the average of the weights.
struct StepOptions<Task: TrainingTask>: ParsableArguments {
    @Option(help: .init("Images in a step. (default: \(Task.defaults.batchSize))", valueName: "n"))
    var batchSize: Int?

    @OptionGroup var rates: RateOptions<Task>

    func validate() throws { try checkNumber("--batch-size", batchSize, in: Task.batchSizes) }

    func apply(to settings: inout TrainingSettings) {
        settings.batchSize = batchSize ?? settings.batchSize
        rates.apply(to: &settings)
    }
}

/// The learning rate, the limit of gradients, and the average of the weights.
struct RateOptions<Task: TrainingTask>: ParsableArguments {
    @Option(help: .init("Learning rate. (default: \(Task.defaults.learningRate))", valueName: "rate"))
    var learningRate: Double?

    @Option(help: .init("Clip gradients to this norm. (default: never)", valueName: "norm"))
    var clipNorm: Double?

    @Option(
        help: .init(
            "Evaluate and keep the exponential moving average of the weights, with this decay, such as 0.999; 0 for no "
                + "average. (default: \(Task.defaults.average))", valueName: "decay"))
    var average: Double?

    func validate() throws {
        try checkNumber("--learning-rate", learningRate, in: SettingLimits.rates)
        try checkNumber("--clip-norm", clipNorm, in: 1e-9...1e9)
        try checkNumber("--average", average, in: 0...0.999999)
    }

    func apply(to settings: inout TrainingSettings) {
        settings.learningRate = learningRate ?? settings.learningRate
        settings.clipNorm = clipNorm
        if let average { settings.averageDecay = average > 0 ? average : nil }
    }
}

/// Weight decay, momentum and early stopping.
struct RegularizationOptions<Task: TrainingTask>: ParsableArguments {
    @Option(
        help: .init("Weight decay (L2 regularization). (default: \(Task.defaults.weightDecay))", valueName: "factor"))
    var weightDecay: Double?

    @Option(help: .init("Momentum of the optimizers momentum and nesterov.", valueName: "factor"))
    var momentum = TrainingDefaults.common.momentum

    @Option(help: .init("Stop after this many epochs without improvement. (default: never)", valueName: "epochs"))
    var patience: Int?

    func validate() throws {
        try checkNumber("--weight-decay", weightDecay, in: SettingLimits.decays)
        try checkNumber("--momentum", momentum, in: SettingLimits.fractions)
        try checkNumber("--patience", patience, in: 1...1_000_000)
    }

    func apply(to settings: inout TrainingSettings) {
        settings.weightDecay = weightDecay ?? settings.weightDecay
        (settings.momentum, settings.patience) = (momentum, patience)
    }
}

/// The limits of settings, as options and in a search.
enum SettingLimits {
    static let rates = 1e-12...1e12
    static let decays = 0.0...1e6
    static let fractions = 0.0...0.9999
}

/// Sums of losses are written as `a+b`.
extension ExpressibleByArgument where Self: LossSum {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { description }
}
