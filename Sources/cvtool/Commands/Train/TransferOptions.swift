import ArgumentParser
import CVClassification
import CVModels
import CVTraining

extension FrozenPart: ExpressibleByArgument {}

/// The weights that training is initialized from, and which of them are frozen.
struct TransferOptions: ParsableArguments {
    @Option(
        defaultAsFlag: "", parsing: .next,
        help: .init(
            "Initialize from pretrained weights: a .safetensors file, a name that cvtool weights list shows, or "
                + "nothing for the name of --model. Only the classification head is new.",
            valueName: "name|file"))
    var pretrained: String?

    @Option(
        help: .init(
            "Freeze the pretrained weights and train only the classification head: quick, and the best choice for few "
                + "images. The features of each image are computed once and kept in memory.",
            valueName: "backbone"))
    var freeze: FrozenPart?

    @Option(
        help: .init(
            "With --freeze and --augment: number of augmented copies of each image that features are computed of; epochs "
                + "take them in turn.", valueName: "n"))
    var copies: Int?

    /// More would be days of work.
    private static let mostCopies = 100

    func validate() throws {
        if freeze != nil, pretrained == nil {
            throw ValidationError("--freeze needs --pretrained: random weights that are frozen learn nothing.")
        }
        try checkNumber("--copies", copies, in: 1...Self.mostCopies)
        if copies != nil, freeze == nil {
            throw ValidationError("--copies goes with --freeze: without it, images are augmented anew in every epoch.")
        }
    }

    /// Copies of an image must differ.
    ///
    /// - Parameter augmentation: the value of `--augment`.
    /// - Throws: `ValidationError` for copies that are not augmented.
    func check(augmentation: String?) throws {
        if copies ?? 1 > 1, augmentation == nil || augmentation == "none" {
            throw ValidationError(
                "--copies needs --augment STEPS, such as mirror@0.5: the copies would all be the same.")
        }
    }

    /// Reads the weights of `--pretrained`.
    ///
    /// - Parameter model: the network that was asked for; nil for that of the weights.
    /// - Returns: nil without `--pretrained`.
    /// - Throws: what `PretrainedWeights.init` throws, and for those of another network.
    func weights(model: String?) throws -> PretrainedWeights? {
        try weightsName(model: model).map { try PretrainedWeights($0, expecting: model) }
    }

    /// The name or path that `--pretrained` means.
    func weightsName(model: String?) -> String? {
        pretrained.map { $0.isEmpty ? model ?? Classifier.defaultModel : $0 }
    }

    func apply(to recipe: inout ClassificationRecipe) {
        guard recipe.frozen != nil else { return }
        // A few, if they differ.
        recipe.copies = copies ?? (recipe.augmentation.isEmpty ? 1 : 4)
    }
}
