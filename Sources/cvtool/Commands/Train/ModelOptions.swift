import ArgumentParser
import CLISupport
import CVClassification
import CVModels
import CVTraining

/// The network that is trained, and its input.
struct ModelOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init(
            "One of the list above. (default: resnet20, or the network of a --pretrained file)", valueName: "name"))
    var model: String?

    @Option(
        help: .init(
            "Size of the network's input in pixels: one side, or WIDTHxHEIGHT; images are resized to it. "
                + "(default: the network's own)", valueName: "size"),
        transform: InputSize.init)
    var imgsz: InputSize?

    @Option(help: .init("1 for gray images, 3 for RGB. (default: the network's own)", valueName: "1|3"))
    var channels: Int?

    /// A line for each network with its summary, without the paper, which would not fit.
    static var list: String {
        let all = ModelRegistry.specs(for: .classify)
        let width = all.map(\.name.count).max() ?? 0
        return all.map { architecture in
            let summary = architecture.summary.split(separator: " (").first ?? ""
            return "  \(architecture.name.padded(to: width))  \(summary); \(architecture.defaultInput)"
        }.joined(separator: "\n")
    }

    func validate() throws {
        if let channels, channels != 1, channels != 3 {
            throw ValidationError("--channels \(channels): 1 (gray) or 3 (RGB) is expected.")
        }
        do throws(ArchitectureError) {
            let chosen = try architecture()
            try chosen.check(classes: 2, input: input(of: chosen))
        } catch {
            throw ValidationError("--model \(error.description).")
        }
    }

    func architecture() throws(ArchitectureError) -> ModelSpec {
        try ModelRegistry.spec(named: model ?? "resnet20", task: .classify)
    }

    /// Sets the input that the options give; the recipe keeps its own where none is given.
    func apply(to recipe: inout ClassificationRecipe) { recipe.input = changed(recipe.input) }

    private func input(of architecture: ModelSpec) -> ModelSpec.Input {
        changed(architecture.defaultInput)
    }

    private func changed(_ own: ModelSpec.Input) -> ModelSpec.Input {
        .init(
            channels: channels ?? own.channels, height: imgsz?.height ?? own.height, width: imgsz?.width ?? own.width)
    }
}

/// The options of training that classifiers alone have.
struct ClassifierLossOptions: ParsableArguments {
    @Option(help: .init("L1 regularization of the weights.", valueName: "factor"))
    var l1 = 0.0

    @Option(
        help: .init(
            "Label smoothing: the fraction of the target that is spread over all classes.", valueName: "fraction"))
    var labelSmoothing = 0.0

    func validate() throws {
        try checkNumber("--l1", l1, in: SettingLimits.decays)
        try checkNumber("--label-smoothing", labelSmoothing, in: SettingLimits.fractions)
    }

    func apply(to recipe: inout ClassificationRecipe) { (recipe.l1, recipe.labelSmoothing) = (l1, labelSmoothing) }
}
