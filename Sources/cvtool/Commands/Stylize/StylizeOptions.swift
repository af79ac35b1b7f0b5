import ArgumentParser
import CVCore
import CVModels
import CVStyle

extension StyleOptions.OptimizerKind: ExpressibleByArgument {}
extension VGGFeatures.Pooling: ExpressibleByArgument {}

/// The common options.
struct StylizeResultOptions: ParsableArguments {
    private static let usual = StyleOptions()

    @Option(
        name: .customLong("size"),
        help: .init(
            "Pixels of the longer side of the result. (default: \(usual.size); with --fast that of the content)",
            valueName: "n"))
    var size: Int?

    @Option(help: .init("Weight of the content loss; 0 gives a texture.", valueName: "x"))
    var contentWeight = usual.contentWeight

    @Option(help: .init("Weight of the style loss; 0 reconstructs the content.", valueName: "x"))
    var styleWeight = usual.styleWeight

    @Option(help: .init("Weight of the total variation (smoothness).", valueName: "x"))
    var tvWeight = usual.variationWeight

    @Option(help: .init("Steps at each size; twice as many at the first.", valueName: "n"))
    var iterations = usual.iterations

    @Option(
        name: .customLong("init"),
        help: .init(
            "Start from the content, from noise, or from an image: content, noise or a file.", valueName: "what"))
    var start = "content"

    @Flag(name: .customLong("original-colors"), help: "Keep the colors of the content.")
    var originalColors = false

    @Flag(
        name: .customLong("no-palette"),
        help: "Do not match the palette of the content to that of the style before the optimization.")
    var noPalette = false

    @Option(help: .init("Seed of the noise.", valueName: "n"))
    var seed: UInt64 = 0

    func validate() throws {
        try checkNumber("--size", size, in: 16...8192)
        try checkNumber("--iterations", iterations, in: 1...100_000)
        try checkCostWeights(content: contentWeight, style: styleWeight, variation: tvWeight)
    }

    func apply(to options: inout StyleOptions) {
        if let size { options.size = size }
        (options.contentWeight, options.styleWeight) = (contentWeight, styleWeight)
        options.variationWeight = tvWeight
        options.iterations = iterations
        (options.keepsColors, options.matchesPalette) = (originalColors, !noPalette)
        options.seed = seed
    }
}

/// Several styles, and regions for them.
struct StylizeMixingOptions: ParsableArguments {
    @Option(
        help: .init(
            "Size of the style images relative to the result: 0.5 for finer strokes, 2 for coarser ones. They are never "
                + "upsampled.", valueName: "x"))
    var styleScale = 1.0

    @Option(
        help: .init(
            "Blur of the style images in pixels; 0 copies their grain, too.",
            valueName: "x"))
    var styleBlur = StyleOptions().styleBlur

    @Option(
        help: .init(
            "Weights of the styles, with commas between, such as 3,1. (default: all the same)", valueName: "x,…"))
    var styleBlend: String?

    @Option(
        help: .init(
            "Where a style is applied: the white part of this mask. Once for each style, in their order.",
            valueName: "file"))
    var contentMask: [String] = []

    @Option(
        help: .init(
            "Which part of a style image is used: the white part of this mask. Once for each style.",
            valueName: "file"))
    var styleMask: [String] = []

    func validate() throws {
        try checkStyleScale(styleScale)
        try checkNumber("--style-blur", styleBlur, in: 0...20)
    }

    func validate(styles count: Int) throws {
        if let styleBlend, try blend().count != count {
            throw ValidationError(
                "--style-blend \(styleBlend): \(pluralized(count, "number")) \(count == 1 ? "is" : "are") expected, "
                    + "one for each style.")
        }
        for (name, masks) in [("--content-mask", contentMask), ("--style-mask", styleMask)]
        where !masks.isEmpty && masks.count != count {
            throw ValidationError(
                "\(name) is given \(pluralized(masks.count, "time")) for \(pluralized(count, "style")).")
        }
    }

    /// Empty if it was not given.
    func blend() throws -> [Float] {
        try (styleBlend?.split(separator: ",", omittingEmptySubsequences: false) ?? []).map { text in
            guard let number = Float(text), (1e-6...1e6).contains(number) else {
                throw ValidationError("--style-blend: '\(text)' is not a number above 0.")
            }
            return number
        }
    }
}

/// Options for experiments.
struct StylizeTuningOptions: ParsableArguments {
    private static let usual = StyleOptions()

    @OptionGroup var costs: CostLayerOptions

    @Option(help: "Pooling of the network.")
    var pooling = usual.pooling

    @Option(help: "Optimizer; lbfgs needs fewer steps, but each takes longer.")
    var optimizer = usual.optimizer

    @Flag(help: "Normalize the gradient of each layer, so that its weight alone sets its influence.")
    var normalizeGradients = false

    @Option(
        name: .shortAndLong,
        help: .init("Weights of a VGG by name, or a .safetensors file.", valueName: "name|file"))
    var model = StyleTransfer.defaultWeights

    /// - Throws: `StyleError` for layers that are not `known`.
    func apply(to options: inout StyleOptions, known: [String]) throws(StyleError) {
        options.styleLayers = try costs.styleLayers(known: known) ?? options.styleLayers
        options.contentLayers = try costs.contentLayers(known: known) ?? options.contentLayers
        options.pooling = pooling
        options.optimizer = optimizer
        options.normalizesGradients = normalizeGradients
    }
}

struct StylizeOutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init(
            "The result, or a folder for it. (default: CONTENT_STYLE.jpg in the current folder)", valueName: "path"))
    var output: String?

    @Option(help: .init("Also write the image every n steps, as RESULT_00050.jpg.", valueName: "n"))
    var saveEvery: Int?

    @Option(help: .init("Write a contact sheet with the image at each size of the optimization.", valueName: "file"))
    var preview: String?

    @Option(
        help: .init(
            "Write a plot of the losses, as they are printed, with the sizes marked; and of their weighted sum.",
            valueName: "file"))
    var lossPlot: String?

    @Flag(help: "Overwrite results that exist.")
    var force = false

    @Option(help: .init("Quality of JPEG images that are written, 1 to 100.", valueName: "n"))
    var quality = 92

    @OptionGroup var images: ImageOptions

    @Flag(name: .shortAndLong, help: "No progress and no remarks; only the result and errors.")
    var quiet = false

    func validate() throws {
        try checkNumber("--quality", quality, in: 1...100)
        try checkNumber("--save-every", saveEvery, in: 1...)
        try checkAreNames(
            ["-o": output, "--preview": preview, "--loss-plot": lossPlot], besides: "the name of the result")
        try checkIsImage("--preview", preview)
        try checkIsImage("--loss-plot", lossPlot)
    }
}
