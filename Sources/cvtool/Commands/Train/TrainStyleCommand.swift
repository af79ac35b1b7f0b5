import ArgumentParser
import CVModels
import CVStyle
import CVTraining

/// `cvtool train style`: parses and checks; `TrainStyleRun` does the work.
struct TrainStyleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "style",
        abstract: "Train a network that applies one style in a single pass.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            The network learns from any photographs, the more and the more varied the better: in each step it stylizes a \
            few, and VGG-16 computes how far they are from their content and from STYLE, as in cvtool stylize. Up to 8 \
            images, a tenth of all at most, are held out: their loss selects the best weights.

            Images that do not decode are reported, counted and left out. Ctrl-C saves and stops; the same command \
            with --resume continues, to the same result as without the pause. The same --seed gives the same weights, \
            with any number of threads.

            EXAMPLES
              cvtool train style painting.jpg --images photos/ -o run/
              cvtool train style painting.jpg --images photos/ --width 16 --steps 4000
              cvtool train style painting.jpg --images photos/ -o run/ --resume
              cvtool stylize photo.jpg --fast --weights run/best.safetensors

            \(TrainFolder.help(
                best: "the weights that are best on what is held out", log: "the losses",
                sample: "an image, stylized after the last epoch", failure: "a loss that became NaN"))
            """)

    @Argument(help: "The image whose style is learned (JPEG, PNG).")
    var style: String

    @OptionGroup(title: "Images") var data: StyleDataOptions
    @OptionGroup(title: "Training") var learning: StyleLearningOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func run() throws { try perform(threads: output.threads) { try TrainStyleRun(self).run() } }
}

/// The images to train on.
struct StyleDataOptions: ParsableArguments {
    @Option(
        help: .init(
            "Photographs to train on: a folder (with all folders in it), a pattern, or a .txt file with a path a line; "
                + "may be given several times.", valueName: "folder"))
    var images: [String]

    @Option(help: .init("Side of the squares that they are cropped to, in pixels.", valueName: "n"))
    var size = StyleRecipe(style: "").size

    @Option(
        help: .init(
            "Size of the style image as a multiple of --size: smaller for finer strokes. It is never upsampled.",
            valueName: "x"))
    var styleScale = StyleRecipe(style: "").styleScale

    @Option(
        help: .init(
            "An image to stylize after each epoch. (default: one of those that are held out)", valueName: "file"))
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
            "Channels of the network's first layer. Fewer are faster, in training and above all in use.",
            valueName: "n"))
    var width = usual.width

    @Option(help: .init("Steps in all, rounded up to whole epochs.", valueName: "n"))
    var steps = usual.steps

    @Option(
        help: .init(
            "Steps of an epoch: after each there are a line of the log, a checkpoint and a stylized sample.",
            valueName: "n"))
    var stepsPerEpoch = usual.stepsPerEpoch

    @OptionGroup var step: StepOptions<StyleTask>
    @OptionGroup var schedule: ScheduleOptions

    @Option(help: .init("Weight of the content loss.", valueName: "x"))
    var contentWeight = usual.contentWeight

    @Option(help: .init("Weight of the style loss.", valueName: "x"))
    var styleWeight = usual.styleWeight

    @Option(help: .init("Weight of the total variation loss, for smoothness.", valueName: "x"))
    var tvWeight = usual.variationWeight

    @OptionGroup var costs: CostLayerOptions

    @Option(
        name: .shortAndLong,
        help: .init(
            "The network that computes the losses: weights of a VGG by name, or a .safetensors file.",
            valueName: "name|file"))
    var model = StyleTransfer.defaultWeights

    @OptionGroup var seeds: SeedOptions

    func validate() throws {
        try checkNumber("--width", width, in: ImageTransformNet.Variant.widths)
        try checkNumber("--steps", steps, in: 1...100_000_000)
        try checkNumber("--steps-per-epoch", stepsPerEpoch, in: 1...1_000_000)
        try checkCostWeights(content: contentWeight, style: styleWeight, variation: tvWeight)
        if styleWeight == 0 { throw ValidationError("--style-weight 0: without a style there is nothing to learn.") }
    }

    /// Sets what the options say.
    ///
    /// - Parameters:
    ///   - recipe: keeps its own values where an option is not given.
    ///   - known: the names of the layers of the network that computes the losses.
    /// - Throws: `StyleError` for layers that are not `known`.
    func apply(to recipe: inout StyleRecipe, known: [String]) throws(StyleError) {
        (recipe.width, recipe.steps) = (width, steps)
        recipe.stepsPerEpoch = min(stepsPerEpoch, steps)
        step.apply(to: &recipe.settings)
        schedule.apply(to: &recipe.settings)
        seeds.apply(to: &recipe.settings)
        (recipe.contentWeight, recipe.styleWeight) = (contentWeight, styleWeight)
        recipe.variationWeight = tvWeight
        recipe.styleLayers = try costs.styleLayers(known: known) ?? recipe.styleLayers
        recipe.contentLayers = try costs.contentLayers(known: known) ?? recipe.contentLayers
    }
}
