import ArgumentParser
import CVModels
import CVStyle
import CVTraining

/// `cvtool train style`: parses and checks; `TrainStyleRun` does the work.
struct TrainStyleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "style",
        abstract: "Train a network to paint in one style, in one go.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            The network learns from any photographs, the more and the more various the better: in each step it paints a \
            few, and VGG-16 tells how far they are from their contents and from STYLE, as in cvtool stylize. Up to 8 \
            pictures, a tenth of all at most, are held back: by their losses the best weights are told.

            Pictures that do not decode are reported, counted and left out. Ctrl-C saves and stops; the same command \
            with --resume goes on, to the same result as without the pause. The same --seed gives the same weights, \
            with any number of threads.

            EXAMPLES
              cvtool train style painting.jpg --images photos/ -o run/
              cvtool train style painting.jpg --images photos/ --width 16 --steps 4000
              cvtool train style painting.jpg --images photos/ -o run/ --resume
              cvtool stylize photo.jpg --fast --weights run/best.safetensors

            \(TrainFolder.help(
                best: "the weights that did best on what is held back", log: "the losses",
                paints: true, failure: "a loss that is no number any more"))
            """)

    @Argument(help: "The picture whose style is learnt (JPEG, PNG).")
    var style: String

    @OptionGroup(title: "Pictures") var data: StyleDataOptions
    @OptionGroup(title: "How it learns") var learning: StyleLearningOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func run() throws { try perform(threads: output.threads) { try TrainStyleRun(self).run() } }
}

/// What is learnt from.
struct StyleDataOptions: ParsableArguments {
    @Option(
        help: .init(
            "Photographs to learn from: a folder (with all folders in it), a pattern, or a .txt file with a path a line; "
                + "may be given several times.", valueName: "folder"))
    var images: [String]

    @Option(help: .init("Sides of the squares that they are cut to, in pixels.", valueName: "n"))
    var size = StyleRecipe(style: "").size

    @Option(
        help: .init(
            "Size of the style picture, measured by --size: smaller for finer strokes. It is never enlarged.",
            valueName: "x"))
    var styleScale = StyleRecipe(style: "").styleScale

    @Option(
        help: .init(
            "A picture to paint after each epoch. (default: one of those that are held back)", valueName: "file"))
    var sample: String?

    @OptionGroup var imageOptions: ImageOptions

    func validate() throws {
        guard (32...1024).contains(size), size % 4 == 0 else {
            throw ValidationError("--size \(size): a multiple of 4 from 32 to 1024 is expected.")
        }
        try checkStyleScale(styleScale)
    }
}

/// The network, its losses and its steps.
struct StyleLearningOptions: ParsableArguments {
    private static let usual = StyleRecipe(style: "")

    @Option(
        help: .init(
            "Channels of the network's first layer. Fewer are quicker to train and, above all, to paint by.",
            valueName: "n"))
    var width = usual.width

    @Option(help: .init("Pictures in a step.", valueName: "n"))
    var batchSize = usual.batchSize

    @Option(help: .init("Steps in all, rounded up to whole epochs.", valueName: "n"))
    var steps = usual.steps

    @Option(
        help: .init(
            "Steps of an epoch: after each there are a line of the log, a checkpoint and a painted sample.",
            valueName: "n"))
    var stepsPerEpoch = usual.stepsPerEpoch

    @Option(help: .init("How far a step of Adam goes.", valueName: "rate"))
    var learningRate = usual.learningRate

    @Option(help: "How the learning rate changes; see cvtool help train classify.")
    var schedule = usual.schedule

    @Option(help: .init("How much the content counts.", valueName: "x"))
    var contentWeight = usual.contentWeight

    @Option(help: .init("How much the style counts.", valueName: "x"))
    var styleWeight = usual.styleWeight

    @Option(help: .init("How much smoothness counts.", valueName: "x"))
    var tvWeight = usual.variationWeight

    @OptionGroup var costs: CostLayerOptions
    @OptionGroup var clipping: ClippingOptions

    @Option(
        help: .init(
            "Evaluate and keep the average of the weights, in which those of a step count this part of those of the next, "
                + "such as 0.99. (default: the weights themselves)", valueName: "decay"))
    var average: Double?

    @Option(
        name: .shortAndLong,
        help: .init(
            "What looks at the pictures: weights of a VGG by name, or a .safetensors file.", valueName: "name|file"))
    var model = StyleTransfer.defaultWeights

    @Option(help: .init("Another number gives other weights at the start, another order, other pictures held back."))
    var seed: UInt64 = 1

    func validate() throws {
        try checkNumber("--width", width, in: ImageTransformNet.Variant.widths)
        try checkNumber("--batch-size", batchSize, in: 1...256)
        try checkNumber("--steps", steps, in: 1...100_000_000)
        try checkNumber("--steps-per-epoch", stepsPerEpoch, in: 1...1_000_000)
        try checkNumber("--learning-rate", learningRate, in: StepOptions.rates)
        try checkNumber("--average", average, in: StabilizationOptions.averages)
        try checkCostWeights(content: contentWeight, style: styleWeight, variation: tvWeight)
        if styleWeight == 0 { throw ValidationError("--style-weight 0: without a style there is nothing to learn.") }
    }

    /// - Throws: `StyleError` for layers that are not `known`.
    func apply(to recipe: inout StyleRecipe, known: [String]) throws(StyleError) {
        (recipe.width, recipe.batchSize, recipe.steps) = (width, batchSize, steps)
        recipe.stepsPerEpoch = min(stepsPerEpoch, steps)
        (recipe.learningRate, recipe.schedule) = (learningRate, schedule)
        (recipe.contentWeight, recipe.styleWeight) = (contentWeight, styleWeight)
        recipe.variationWeight = tvWeight
        recipe.styleLayers = try costs.styleLayers(known: known) ?? recipe.styleLayers
        recipe.contentLayers = try costs.contentLayers(known: known) ?? recipe.contentLayers
        (recipe.clipNorm, recipe.averageDecay, recipe.seed) = (clipping.clipNorm, average, seed)
    }
}
