import ArgumentParser
import CVClassification
import CVModels
import CVTraining

extension FrozenPart: ExpressibleByArgument {}

/// Which weights a training begins from, and which of them stay.
struct TransferOptions: ParsableArguments {
    @Option(
        defaultAsFlag: "", parsing: .next,
        help: .init(
            "Begin from weights that were learnt before: a .safetensors file, a name that cvtool weights list shows, or "
                + "nothing for the name of --model. Only what decides between the classes is new.",
            valueName: "name|file"))
    var pretrained: String?

    @Option(
        help: .init(
            "Leave the pretrained weights as they are and train only what decides: quick, and the best choice for few "
                + "pictures. What the frozen layers make of each picture is computed once and kept in memory.",
            valueName: "backbone"))
    var freeze: FrozenPart?

    @Option(
        help: .init(
            "With --freeze and --augment: how many changed copies of each picture the frozen layers look at; epochs take "
                + "them in turn.", valueName: "n"))
    var copies: Int?

    /// More would be days of work.
    private static let mostCopies = 100

    func validate() throws {
        if freeze != nil, pretrained == nil {
            throw ValidationError("--freeze needs --pretrained: fresh weights that are frozen learn nothing.")
        }
        try checkNumber("--copies", copies, in: 1...Self.mostCopies)
        if copies != nil, freeze == nil {
            throw ValidationError("--copies goes with --freeze: without it, pictures are changed anew in every epoch.")
        }
    }

    /// What a frozen backbone looks at must differ, if it looks more than once.
    func check(augmentation: String?) throws {
        if copies ?? 1 > 1, augmentation == nil || augmentation == "none" {
            throw ValidationError(
                "--copies needs --augment STEPS, such as mirror@0.5: the copies would all be the same.")
        }
    }

    /// model: the name that was asked for.
    ///
    /// - Throws: what `PretrainedWeights.init` throws, and for those of another network.
    func weights(model: String?) throws -> PretrainedWeights? {
        guard let pretrained else { return nil }
        let name = pretrained.isEmpty ? model ?? Classifier.defaultModel : pretrained
        return try PretrainedWeights(name, expecting: model)
    }

    func apply(to recipe: inout ClassificationRecipe) {
        guard recipe.frozen != nil else { return }
        // One for each of the first epochs of what changes pictures; the same one again where nothing does.
        recipe.copies = copies ?? (recipe.augmentation.isEmpty ? 1 : 4)
    }
}
