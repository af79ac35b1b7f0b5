import CLISupport
import CVCore
import CVNN
import CVSegmentation
import CVTraining

/// One run of `cvtool train segment`.
struct TrainSegmentRun {
    private let command: TrainSegmentCommand
    private let output: TrainOutputOptions
    private let folder: TrainFolder

    init(_ command: TrainSegmentCommand) {
        self.command = command
        output = command.output
        folder = TrainFolder(command.output.output)
    }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let pretrained = try command.model.weights()
        let recipe = try command.recipe(pretrained)
        let dataset = try command.classes.dataset(command.data)
        let images = try dataset.checked(quiet: output.quiet) {
            try SegmentationImages($0, size: recipe.size.map { ($0.width, $0.height) }, progress: $1)
        }
        if Interruption.isRequested { return .interrupted }
        images.reportRemarks()
        var files = RunFiles()
        files.read(dataset)
        files.read(command.classes.labels)
        files.read(weights: command.model.pretrained)
        let lock = try folder.prepare(force: output.force, resume: output.resume, inputs: files)
        defer { withExtendedLifetime(lock) {} }
        let training = try SegmentationTraining(recipe, images, pretrained: pretrained)
        if !output.quiet { StandardError.write(training.summary) }
        let session = TrainingSession(
            output: output, folder: folder, metadata: training.metadata, recipe: training.recipe.json,
            parameters: training.parameters, isEvaluated: !training.split.validation.isEmpty)
        return try session.run(training.trainer(files: session.files))
    }
}

extension ImageDataset {
    /// Reads and checks all of it, with a bar.
    ///
    /// - Parameters:
    ///   - quiet: whether there is no bar.
    ///   - check: does it, given a function to be called with the number of images done and of all.
    /// - Returns: what `check` returns.
    /// - Throws: what `check` throws.
    func checked(
        quiet: Bool,
        _ check: (ImageDataset, (_ done: Int, _ of: Int) -> Void) throws -> SegmentationImages
    ) throws -> SegmentationImages {
        reportSkipped(quiet: quiet)
        let bar = ProgressBar(title: "check", total: items.count, quiet: quiet)
        defer { bar.finish() }
        return try check(self) { _, _ in bar.advance() }
    }
}

extension SegmentationImages {
    /// Says what is remarkable about the values of the masks.
    ///
    /// - Parameter evaluating: whether classes that do not occur are no matter.
    func reportRemarks(evaluating: Bool = false) {
        let path = decoded.dataset.path.escapedForDisplay
        for remark in remarks {
            switch remark {
            case .whiteIsClassOne: warn("\(path): \(remark); --ignore 255 leaves it out")
            case .missing where evaluating, .stray where evaluating: break
            default: warn("\(path): \(remark)")
            }
        }
    }
}

extension SegmentationTraining {
    /// A summary of the training for people.
    fileprivate var summary: String {
        let weights = parameters.trainable.reduce(0) { $0 + $1.shape.count }
        let size = "\(images.width)x\(images.height)"
        let changes = recipe.augmentation.isEmpty ? "" : "\(recipe.augmentation), "
        let origin = recipe.pretrained.map { " from \($0.name)" } ?? ""
        return """
            \(recipe.model)\(origin): \(pluralized(weights, "weight")); images \(size); augmentation \(changes)\
            crop \(recipe.crop?.description ?? size) at scale \(short(recipe.scale.lowerBound)) to \
            \(short(recipe.scale.upperBound))
            \(images.labels.names.count) classes: \(split.summary); \(pluralized(stepsPerEpoch, "step")) an epoch
            \(recipe.loss), class weights \(recipe.classWeights.rawValue)\(weighted)
            \(recipe.settings.summary)

            """
    }

    /// ` (Sky 0.45, Pole 7.31 …)`.
    private var weighted: String {
        guard let classWeights else { return "" }
        let texts = zip(images.labels.names, classWeights).prefix(20).map {
            "\($0.escapedForDisplay) \(decimal(Double($1), 2))"
        }
        return " (\(texts.joined(separator: ", "))\(classWeights.count > texts.count ? " …" : ""))"
    }
}
