import CLISupport
import CVCore
import CVImage
import CVNN
import CVStyle
import CVTraining

/// One run of `cvtool train style`.
struct TrainStyleRun {
    private let command: TrainStyleCommand
    private let output: TrainOutputOptions
    private let folder: TrainFolder

    init(_ command: TrainStyleCommand) {
        self.command = command
        output = command.output
        folder = TrainFolder(command.output.output)
    }

    /// The longer side of the stylized sample in pixels, at most.
    private static let sampleSide = 512

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let transfer = try StyleTransfer(command.learning.model)
        var recipe = StyleRecipe(style: FileSystem.stem(of: command.style))
        (recipe.size, recipe.styleScale) = (command.data.size, command.data.styleScale)
        try command.learning.apply(to: &recipe, known: transfer.layerNames)
        let style = try command.data.imageOptions.read(path: command.style)
        let given = try command.data.sample.map { try command.data.imageOptions.read(path: $0) }
        let dataset = ImageDataset.unlabeled(try files(), of: command.data.images[0])
        let images = try dataset.decoded(showing: "decode", quiet: output.quiet) {
            try StyleTraining.decoded(recipe, $0, progress: $1)
        }
        if Interruption.isRequested { return .interrupted }
        let training = try StyleTraining(recipe, style, images, transfer)
        var inputs = RunFiles()
        inputs.read(dataset)
        inputs.read(command.data.images + [command.style])
        inputs.read(command.data.sample)
        inputs.read(weights: command.learning.model)
        let lock = try folder.prepare(force: output.force, resume: output.resume, inputs: inputs)
        defer { withExtendedLifetime(lock) {} }
        if !output.quiet { StandardError.write(training.summary) }
        let session = TrainingSession(
            output: output, folder: folder, metadata: training.metadata, recipe: training.recipe.json,
            parameters: training.parameters, isEvaluated: !training.validation.isEmpty)
        let sample = reduced(try given ?? training.sample())
        return try session.run(training.trainer(files: session.files)) { _ in
            try training.stylizer(sample).write(to: folder.sample, overwrite: true)
        }
    }

    /// The images in the folders and lists that were named.
    ///
    /// - Throws: an `InputProblem` if there are none; others are reported.
    private func files() throws -> [String] {
        var (files, problems): ([String], [InputProblem]) = ([], [])
        for input in InputExpander.reporting(recursive: true).expand(command.data.images) {
            switch input {
            case .file(let path, _): files.append(path)
            case .problem(let problem): problems.append(problem)
            case .standardInput: problems.append(InputProblem("-", "images to train on are read from files"))
            }
        }
        if files.isEmpty, let problem = problems.first { throw problem }
        for problem in problems { warn(problem.description) }
        return files
    }

    /// Small enough not to delay the training.
    private func reduced(_ image: Image) -> Image {
        let scale = min(1, Double(Self.sampleSide) / Double(max(image.width, image.height)))
        func side(_ length: Int) -> Int { max(8, Int(clamping: (Double(length) * scale).rounded())) }
        return image.withoutAlpha().resized(
            width: side(image.width), height: side(image.height), filter: .bicubic)
    }
}

extension StyleTraining {
    /// A summary of the training for people.
    fileprivate var summary: String {
        let weights = parameters.trainable.reduce(0) { $0 + $1.shape.count }
        let layers = recipe.styleLayers.map(\.description).joined(separator: ",")
        return """
            \(recipe.form.name): \(pluralized(weights, "weight")), for the style \(recipe.style.escapedForDisplay)
            \(pluralized(train.count, "image")) of \(recipe.size)x\(recipe.size) to train on, \(validation.count) held out; \
            \(pluralized(recipe.batchSize, "image")) a step
            content \(recipe.contentWeight) (\(recipe.contentLayers.map(\.description).joined(separator: ","))), \
            style \(recipe.styleWeight) (\(layers)), smoothness \(recipe.variationWeight)
            adam, learning rate \(short(recipe.learningRate)) (\(recipe.schedule.rawValue)), \
            \(pluralized(recipe.epochs, "epoch")) of \(pluralized(recipe.stepsPerEpoch, "step")), seed \(recipe.seed)

            """
    }
}
