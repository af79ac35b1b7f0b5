import ArgumentParser
import CVNN
import CVTraining

/// `--clip-norm`.
struct ClippingOptions: ParsableArguments {
    @Option(help: .init("Shorten gradients that are longer than this. (default: never)", valueName: "norm"))
    var clipNorm: Double?

    func validate() throws { try checkNumber("--clip-norm", clipNorm, in: 1e-9...1e9) }
}

/// What keeps a training from going astray, and ends it when it gets no better.
struct StabilizationOptions: ParsableArguments {
    @OptionGroup var clipping: ClippingOptions

    @Option(
        help: .init(
            "Evaluate and keep the average of the weights, in which those of a step count this part of those of the next, "
                + "such as 0.999. (default: the weights themselves)", valueName: "decay"))
    var average: Double?

    @Option(help: .init("End after so many epochs without a better one. (default: never)", valueName: "epochs"))
    var patience: Int?

    static let averages = 0.0...0.999999

    func validate() throws {
        try checkNumber("--average", average, in: Self.averages)
        try checkNumber("--patience", patience, in: 1...1_000_000)
    }

    func apply(to recipe: inout some TrainingRecipe) {
        (recipe.clipNorm, recipe.averageDecay, recipe.patience) = (clipping.clipNorm, average, patience)
    }
}

/// What chance decides.
struct SeedOptions: ParsableArguments {
    @Option(help: .init("Another number gives other weights at the start, another order, another part held back."))
    var seed: UInt64 = 1

    @Option(
        help: .init(
            "Hold back what the run with this --seed held back, to compare runs of other seeds. (default: --seed)",
            valueName: "seed"))
    var splitSeed: UInt64?

    func apply(to recipe: inout some TrainingRecipe) { (recipe.seed, recipe.splitSeed) = (seed, splitSeed) }
}
