import ArgumentParser
import CVStyle

/// A painting by a network that has learnt the style.
struct StylizeFastOptions: ParsableArguments {
    @Flag(
        name: .customLong("fast"),
        help: "Paint in one go, in a style that a network has learnt, at any size; no style picture is needed.")
    var isUsed = false

    @Option(
        help: .init(
            "A style by name or number, or several with commas between, which are mixed (see --style-blend); list prints "
                + "them. (default: that of --weights, if there is one)", valueName: "name|list"))
    var style: String?

    @Option(
        help: .init(
            "Weights by name, or a .safetensors file that cvtool train style has written. (default: "
                + "\(FastStyleTransfer.defaultWeights))", valueName: "name|file"))
    var weights: String?

    @Flag(help: "Look also into the folders in a folder.")
    var recursive = false

    var isList: Bool { style == "list" }

    /// The first that was given of those that are of no use without --fast.
    var given: String? { style != nil ? "--style" : weights != nil ? "--weights" : recursive ? "--recursive" : nil }

    /// The names of the styles; none for that of the weights.
    var names: [String] { style?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? [] }

    /// - Throws: `ValidationError` where arguments are missing, or others were given that only a painting step by step has
    ///   a use for.
    func validate(_ command: StylizeCommand) throws {
        if style == nil, weights == nil {
            throw ValidationError("--fast needs a style: --style NAME; --style list prints the names.")
        }
        if isList { return }
        if command.image == nil { throw ValidationError("A picture to paint is missing.") }
        if let option = Self.useless(in: command) {
            throw ValidationError("\(option) is for painting step by step; --fast paints in one go.")
        }
        if let blend = command.mixing.styleBlend, try command.mixing.blend().count != names.count {
            throw ValidationError("--style-blend \(blend): a number for each of --style \(style ?? "") is expected.")
        }
    }

    private static func useless(in command: StylizeCommand) -> String? {
        let (resultOptions, mixing, tuning, output) = (
            command.resultOptions, command.mixing, command.tuning, command.output
        )
        let (usual, without) = (StyleOptions(), StyleTransfer.defaultWeights)
        let given = [
            ("--content-weight", resultOptions.contentWeight != usual.contentWeight),
            ("--style-weight", resultOptions.styleWeight != usual.styleWeight),
            ("--tv-weight", resultOptions.tvWeight != usual.variationWeight),
            ("--iterations", resultOptions.iterations != usual.iterations),
            ("--init", resultOptions.start != "content"),
            ("--no-palette", resultOptions.noPalette), ("--seed", resultOptions.seed != 0),
            ("--style-scale", mixing.styleScale != 1),
            ("--style-blur", mixing.styleBlur != usual.styleBlur),
            ("--content-mask", !mixing.contentMask.isEmpty), ("--style-mask", !mixing.styleMask.isEmpty),
            ("--layers", tuning.costs.layers != nil), ("--content-layers", tuning.costs.contentLayers != nil),
            ("--pooling", tuning.pooling != usual.pooling), ("--optimizer", tuning.optimizer != usual.optimizer),
            ("--normalize-gradients", tuning.normalizeGradients), ("--model", tuning.model != without),
            ("--save-every", output.saveEvery != nil), ("--preview", output.preview != nil),
            ("--loss-plot", output.lossPlot != nil),
        ]
        return given.first { $0.1 }?.0
    }
}
