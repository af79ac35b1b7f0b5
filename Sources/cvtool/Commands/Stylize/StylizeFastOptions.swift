import ArgumentParser
import CVStyle

/// Style transfer by a feed-forward network that was trained on the style.
struct StylizeFastOptions: ParsableArguments {
    @Flag(
        name: .customLong("fast"),
        help: "Stylize in a single pass, by a network trained on the style, at any size; no style image is needed.")
    var isUsed = false

    @Option(
        help: .init(
            "A style by name or number, or several with commas between, which are mixed (see --style-blend); list "
                + "prints them. (default: that of --weights, if there is one)", valueName: "name|list"))
    var style: String?

    @Option(
        help: .init(
            "Write the image in each of --style side by side, not mixed, with their names; with --style list in all "
                + "styles.", valueName: "file"))
    var contactSheet: String?

    @Option(
        help: .init(
            "Weights by name, or a .safetensors file that cvtool train style has written. (default: "
                + "\(FastStyleTransfer.defaultWeights))", valueName: "name|file"))
    var weights: String?

    @Flag(help: "Search folders recursively.")
    var recursive = false

    var isList: Bool { style == "list" }

    /// The first given option that needs --fast.
    var given: String? {
        style != nil
            ? "--style"
            : weights != nil ? "--weights" : contactSheet != nil ? "--contact-sheet" : recursive ? "--recursive" : nil
    }

    /// The names of the styles; none for that of the weights.
    var names: [String] { style?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? [] }

    /// - Throws: `ValidationError` for missing arguments, and for options that apply to the optimization only.
    func validate(_ command: StylizeCommand) throws {
        if style == nil, weights == nil {
            throw ValidationError("--fast needs a style: --style NAME; --style list prints the names.")
        }
        try checkAreNames(["--contact-sheet": contactSheet], besides: "the name of the sheet")
        try checkIsImage("--contact-sheet", contactSheet)
        if contactSheet != nil { try checkSheet(command) }
        if isList {
            if contactSheet == nil, command.image != nil {
                throw ValidationError("--style list prints names; with --contact-sheet FILE it shows them on an image.")
            }
            return
        }
        if command.image == nil { throw ValidationError("A content image is missing.") }
        if let option = Self.useless(in: command) {
            throw ValidationError("\(option) is for the optimization; --fast is a single pass.")
        }
        if let blend = command.mixing.styleBlend, try command.mixing.blend().count != names.count {
            throw ValidationError("--style-blend \(blend): a number for each of --style \(style ?? "") is expected.")
        }
    }

    /// - Throws: `ValidationError` for what goes without a contact sheet only.
    private func checkSheet(_ command: StylizeCommand) throws {
        if command.image == nil { throw ValidationError("--contact-sheet needs a content image.") }
        if !command.styles.isEmpty { throw ValidationError("--contact-sheet shows one image.") }
        let others = [
            ("-o", command.output.output != nil), ("--style-blend", command.mixing.styleBlend != nil),
            ("--recursive", recursive),
        ]
        if let (option, _) = others.first(where: { $0.1 }) {
            throw ValidationError("--contact-sheet goes without \(option).")
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
