import ArgumentParser
import CVClassification
import CVTraining

/// Numbers of the steps of a training: what a search looks for.
struct StepOptions: ParsableArguments {
    @Option(
        help: .init(
            "Pictures in a step. (default: 128 for a network for 32×32, 32 for one for photographs or --pretrained, 64 "
                + "for one for digits or with --freeze)",
            valueName: "n"))
    var batchSize: Int?

    @Option(
        help: .init(
            "How far a step goes. (default: with sgd, momentum, nesterov 0.05, with rmsprop, adam 0.001, with adamw 0.002; "
                + "a tenth of that for a --pretrained network that is not frozen; for a network for 32×32 0.2 with sgd "
                + "and its kin; for photographs 0.0125, 0.0005, 0.001, and without batch-norm a fifth of that)",
            valueName: "rate"))
    var learningRate: Double?

    @Option(
        help: .init(
            "Keeps weights small (L2). (default: with sgd, momentum, nesterov 0.0005, for photographs 0.0001; with "
                + "rmsprop, adam 0; with adamw 0.01)", valueName: "factor"))
    var weightDecay: Double?

    @Option(help: .init("Pulls weights to 0 (L1).", valueName: "factor"))
    var l1 = 0.0

    @Option(help: .init("What of a step goes on in the next, with momentum and nesterov.", valueName: "part"))
    var momentum = 0.9

    @Option(help: .init("The part of the target that is spread over all classes.", valueName: "part"))
    var labelSmoothing = 0.0

    @OptionGroup var stabilization: StabilizationOptions

    func validate() throws {
        try checkNumber("--batch-size", batchSize.map(Double.init), in: Self.batchSizes)
        try checkNumber("--learning-rate", learningRate, in: Self.rates)
        try checkNumber("--weight-decay", weightDecay, in: Self.decays)
        try checkNumber("--l1", l1, in: Self.decays)
        try checkNumber("--momentum", momentum, in: Self.parts)
        try checkNumber("--label-smoothing", labelSmoothing, in: Self.parts)
    }

    // What the numbers may be, here, in a search, and in the trainings of other tasks.
    static let batchSizes = 1.0...65536.0
    static let rates = 1e-12...1e12
    static let decays = 0.0...1e6
    static let parts = 0.0...0.9999

    func apply(to recipe: inout ClassificationRecipe) {
        recipe.batchSize = batchSize ?? recipe.batchSize
        recipe.learningRate = learningRate ?? recipe.learningRate
        recipe.weightDecay = weightDecay ?? recipe.weightDecay
        recipe.l1 = l1
        recipe.momentum = momentum
        recipe.labelSmoothing = labelSmoothing
        stabilization.apply(to: &recipe)
    }
}

/// Where a training writes, and what it says.
struct TrainOutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: .init("The folder for all results; made if missing.", valueName: "folder"))
    var output = "run"

    @Flag(help: "Go on where a run in this folder stopped. All else must be as it was.")
    var resume = false

    @Flag(help: "Overwrite the results of a run in this folder.")
    var force = false

    @Flag(help: "Write weights in half precision: half the size.")
    var half = false

    @OptionGroup var threads: ThreadOptions

    @Flag(name: .shortAndLong, help: "No progress and no remarks; only the result and errors.")
    var quiet = false

    func validate() throws {
        if output.isEmpty || output == "-" { throw ValidationError("-o \(output): the name of a folder is expected.") }
        if resume && force { throw ValidationError("--resume goes on with a run, --force replaces it: choose one.") }
    }
}
