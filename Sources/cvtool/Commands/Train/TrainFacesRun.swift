import CLISupport
import CVCore
import CVFaces
import CVNN
import CVTraining

/// One run of `cvtool train faces`.
struct TrainFacesRun {
    private let command: TrainFacesCommand
    private let output: TrainOutputOptions
    private let folder: TrainFolder

    init(_ command: TrainFacesCommand) {
        self.command = command
        output = command.output
        folder = TrainFolder(command.output.output)
    }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let recipe = command.recipe
        let dataset = try ImageDataset.faces(contentsOf: command.data, personPattern: recipe.personPattern)
        var files = RunFiles()
        files.read(dataset)
        let lock = try folder.prepare(force: output.force, resume: output.resume, inputs: files)
        defer { withExtendedLifetime(lock) {} }
        let alignment = try recipe.alignment.map { FaceAlignment(try FaceAligner($0)) }
        let images = try dataset.decoded(showing: "decode", quiet: output.quiet) {
            try FaceTraining.decoded(recipe, $0, alignment: alignment, progress: $1)
        }
        if Interruption.isRequested { return .interrupted }
        alignment?.report(of: images.items.count, quiet: output.quiet)
        let training = try FaceTraining(recipe, decoded: images)
        if training.peopleWithOneImage > 0 {
            warn(
                "\(command.data.escapedForDisplay): \(pluralized(training.peopleWithOneImage, "person", "people")) with a single "
                    + "image cannot be compared with themselves; left out of training")
        }
        if !output.quiet { StandardError.write(training.summary) }
        let session = TrainingSession(
            output: output, folder: folder, metadata: training.metadata, recipe: training.recipe.json,
            parameters: training.networkParameters, isEvaluated: !training.split.validation.isEmpty)
        return try session.run(training.trainer(files: session.files))
    }
}

extension FaceAlignment {
    /// Says in which images no face was found.
    func report(of images: Int, quiet: Bool) {
        guard !quiet, let first = withoutFace.first else { return }
        warn(
            "no face was found in \(withoutFace.count) of \(pluralized(images, "image")), which are used as they are; the first "
                + "is \(first.escapedForDisplay)")
    }
}

extension FaceTraining {
    /// A summary of the training for people.
    fileprivate var summary: String {
        let weights = networkParameters.trainable.reduce(0) { $0 + $1.shape.count }
        let augmentation = recipe.augmentation.isEmpty ? "none" : recipe.augmentation
        let alignment = recipe.alignment == nil ? "" : ", faces aligned"
        let margin = recipe.margin.map { ", margin \(short($0))" } ?? ""
        let distances = recipe.squared ? "squared distances" : "distances"
        let mining = recipe.loss == .triplet ? ", \(recipe.mining.rawValue), \(distances)" : ""
        let held = Set(split.validation.compactMap { images.items[$0].label }).sorted().map { images.classes[$0] }
        let names = held.prefix(8).map { $0.escapedForDisplay }.joined(separator: ", ")
        return """
            \(recipe.model): \(pluralized(weights, "weight")), input \(recipe.input)\(alignment); augmentation \(augmentation)
            \(peopleCount(split.train)) people to train on (\(pluralized(split.train.count, "image"))), \(held.count) held out\
            \(held.isEmpty ? "" : ": \(names)\(held.count > 8 ? " …" : "")"); \(pluralized(stepsPerEpoch, "step")) an epoch
            \(recipe.loss.rawValue)\(mining)\(margin); batches of \(recipe.peoplePerBatch) people with \
            \(recipe.imagesPerPerson) images each
            \(recipe.settings.summary)

            """
    }
}
