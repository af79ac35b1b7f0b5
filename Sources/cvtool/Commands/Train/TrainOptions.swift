import ArgumentParser
import CLISupport
import CVClassification
import CVCore
import CVImage
import CVModels
import CVNN
import CVTraining

/// Which network is trained.
struct ModelOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init(
            "One of the list above. (default: resnet20, or the network of a --pretrained file)", valueName: "name"))
    var model: String?

    @Option(
        help: .init(
            "Size of the network's input in pixels: one side, or WIDTHxHEIGHT; pictures are resized to it. "
                + "(default: the network's own)", valueName: "size"),
        transform: InputSize.init)
    var imgsz: InputSize?

    @Option(help: .init("1 for grey pictures, 3 for colours. (default: the network's own)", valueName: "1|3"))
    var channels: Int?

    /// The networks with what they are, a line each: without the papers, which would not fit on it.
    static var list: String {
        let all = ClassifierArchitecture.all
        let width = all.map(\.name.count).max() ?? 0
        return all.map { architecture in
            let summary = architecture.summary.split(separator: " (").first ?? ""
            return "  \(architecture.name.padded(to: width))  \(summary); \(architecture.defaultInput)"
        }.joined(separator: "\n")
    }

    func validate() throws {
        if let channels, channels != 1, channels != 3 {
            throw ValidationError("--channels \(channels): 1 (grey) or 3 (colours) is expected.")
        }
        do throws(ArchitectureError) {
            let chosen = try architecture()
            try chosen.check(classes: 2, input: input(of: chosen))
        } catch {
            throw ValidationError("--model \(error.description).")
        }
    }

    func architecture() throws(ArchitectureError) -> ClassifierArchitecture { try .named(model ?? "resnet20") }

    /// The input is the recipe's, where no option says otherwise.
    func apply(to recipe: inout ClassificationRecipe) { recipe.input = changed(recipe.input) }

    private func input(of architecture: ClassifierArchitecture) -> ClassifierArchitecture.Input {
        changed(architecture.defaultInput)
    }

    private func changed(_ own: ClassifierArchitecture.Input) -> ClassifierArchitecture.Input {
        .init(
            channels: channels ?? own.channels, height: imgsz?.height ?? own.height, width: imgsz?.width ?? own.width)
    }
}

extension OptimizerKind: ExpressibleByArgument {}
extension ScheduleKind: ExpressibleByArgument {}

/// What is the same in all trials of a search.
struct LearningOptions: ParsableArguments {
    @Option(
        help: .init(
            "How often all pictures are gone through. (default: 36 for a network for 32×32, else 40; 10 from --pretrained "
                + "weights that are all trained)", valueName: "n"))
    var epochs: Int?

    @Option(
        help: .init(
            "How gradients become steps. L-BFGS is not among them: it needs a loss that stays the same from step to "
                + "step, and here each has other pictures. (default: nesterov for a network for 32×32, else adamw)"))
    var optimizer: OptimizerKind?

    @Option(
        help: .init(
            "How the learning rate changes: along half a cosine to 0; up and down once; not at all; to a tenth after "
                + "each third of the epochs; evenly to a hundredth; as 1/(1 + k·epoch) to a tenth; as 1/√epoch."))
    var schedule = ScheduleKind.cosine

    @Option(
        help: .init(
            "Epochs in which the learning rate grows to its full value. (default: 1 for a network for digits and from "
                + "--pretrained weights, else 2, but no more than half of all)", valueName: "epochs"))
    var warmup: Double?

    @Option(
        help: .init(
            "Changes of the pictures, such as mirror@0.5,rotate=15 (see cvtool help augment), or none. "
                + "(default: affine for a network for digits; shift=0.0625,mirror@0.5 for one for 32×32 and from --pretrained "
                + "weights; resized-crop=0.25:1,mirror@0.5 for one for photographs; none for logistic and with --freeze)",
            valueName: "steps"))
    var augment: String?

    @Option(help: .init("The part of each class to hold back; 0 to learn from everything.", valueName: "part"))
    var holdout = 0.1

    @OptionGroup var seeds: SeedOptions

    func validate() throws {
        try checkNumber("--epochs", epochs, in: 1...100_000)
        try checkNumber("--warmup", warmup, in: 0...1000)
        try checkNumber("--holdout", holdout, in: 0...0.9)
        if augment != "none" { try checkAugmentation("--augment", augment) }
    }

    func apply(to recipe: inout ClassificationRecipe) {
        recipe.epochs = epochs ?? recipe.epochs
        recipe.schedule = schedule
        // Half of a short training at most.
        recipe.warmup = warmup ?? min(recipe.warmup, Double(recipe.epochs) / 2)
        recipe.augmentation = augment.map { $0 == "none" ? "" : $0 } ?? recipe.augmentation
        recipe.holdout = holdout
        seeds.apply(to: &recipe)
    }
}
