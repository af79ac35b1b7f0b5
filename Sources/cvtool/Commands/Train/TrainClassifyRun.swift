import CLISupport
import CVClassification
import CVCore
import CVNN
import CVTraining

/// One run of `cvtool train classify`.
struct TrainClassifyRun {
    private let command: TrainClassifyCommand
    private let output: TrainOutputOptions
    private let folder: TrainFolder

    init(_ command: TrainClassifyCommand) {
        self.command = command
        output = command.output
        folder = TrainFolder(command.output.output)
    }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let pretrained = try command.transfer.weights(model: command.model.model)
        let recipe = try command.recipe(pretrained)
        let dataset = try ImageDataset.classification(contentsOf: command.data)
        var files = RunFiles()
        files.read(dataset)
        files.read(weights: command.transfer.weightsName(model: command.model.model))
        let lock = try folder.prepare(force: output.force, resume: output.resume, inputs: files)
        defer { withExtendedLifetime(lock) {} }
        let images = try dataset.decoded(showing: "decode", quiet: output.quiet) {
            try ClassificationTraining.decoded(recipe, $0, pretrained: pretrained, progress: $1)
        }
        guard let training = try training(recipe, images, pretrained), !Interruption.isRequested else {
            return .interrupted
        }
        if !output.quiet { StandardError.write(training.summary) }
        let session = TrainingSession(
            output: output, folder: folder, metadata: training.metadata, recipe: training.recipe.json,
            parameters: training.parameters, isEvaluated: !training.split.validation.isEmpty)
        return try session.run(training.trainer(files: session.files))
    }

    private struct Interrupted: Error {}

    /// Nil if Ctrl-C was pressed while a frozen backbone computed features.
    private func training(
        _ recipe: ClassificationRecipe, _ images: DecodedImages, _ pretrained: PretrainedWeights?
    ) throws -> ClassificationTraining? {
        var bar: ProgressBar?
        var shown = 0
        defer { bar?.finish() }
        do {
            return try ClassificationTraining(recipe, decoded: images, pretrained: pretrained) { done, total in
                if Interruption.isRequested { throw Interrupted() }
                if bar == nil { bar = ProgressBar(title: "features", total: total, quiet: output.quiet) }
                for _ in shown..<done { bar?.advance() }
                shown = done
            }
        } catch is Interrupted {
            return nil
        }
    }
}

extension ClassificationTraining {
    /// A summary of the training for people.
    fileprivate var summary: String {
        let weights = parameters.trainable.reduce(0) { $0 + $1.shape.count }
        let augmentation = recipe.augmentation.isEmpty ? "none" : recipe.augmentation
        let origin = recipe.pretrained.map { " from \($0.name)" } ?? ""
        let copies = recipe.copies == 1 ? "one copy" : "\(recipe.copies) copies"
        let part = recipe.frozen == nil ? "" : " of the head, features of \(copies) of each image"
        return """
            \(recipe.model)\(origin): \(pluralized(weights, "weight"))\(part), input \(recipe.input); augmentation \(augmentation)
            \(images.classes.count) classes: \(split.summary); \(pluralized(stepsPerEpoch, "step")) an epoch
            \(recipe.settings.summary)

            """
    }
}
