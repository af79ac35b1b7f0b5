import CLISupport
import CVCore
import CVImage
import CVLandmarks
import CVNN
import CVTraining

/// One run of `cvtool train landmarks`.
struct TrainLandmarksRun {
    private let command: TrainLandmarksCommand
    private let output: TrainOutputOptions
    private let folder: TrainFolder

    /// Images of validation in the sample.
    private static let samples = 12

    init(_ command: TrainLandmarksCommand) {
        self.command = command
        output = command.output
        folder = TrainFolder(command.output.output)
    }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let pretrained = try command.model.weights()
        let dataset = try LandmarkDataset(contentsOf: command.data, persons: command.persons.person)
        let recipe = try command.recipe(pretrained, dataset.scheme)
        let images = try dataset.images.decoded(showing: "decode", quiet: output.quiet) { _, progress in
            try dataset.decoded(side: recipe.side, progress: progress)
        }
        if Interruption.isRequested { return .interrupted }
        var files = RunFiles()
        files.read(dataset.images)
        files.read(weights: command.model.pretrained)
        let lock = try folder.prepare(force: output.force, resume: output.resume, inputs: files)
        defer { withExtendedLifetime(lock) {} }
        let training = try LandmarkTraining(recipe, images, scheme: dataset.scheme, pretrained: pretrained)
        if !output.quiet { StandardError.write(training.summary(persons: dataset.persons)) }
        let session = TrainingSession(
            output: output, folder: folder, metadata: training.metadata, recipe: training.recipe.json,
            parameters: training.parameters, isEvaluated: training.isEvaluated)
        let trainer = training.trainer(files: session.files)
        return try session.run(trainer) { _ in try writeSample(training) }
    }

    /// Some images of validation with what the network finds and, below it, the truth.
    private func writeSample(_ training: LandmarkTraining) throws {
        let items = training.split.validation.filter { !training.images.items[$0].landmarks.isEmpty }
        guard !items.isEmpty else { return }
        let step = max(1, items.count / Self.samples)
        let detector = training.detector
        var sheet = ContactSheet(cellWidth: 240, cellHeight: 240, columns: 4)
        for item in stride(from: 0, to: items.count, by: step).prefix(Self.samples).map({ items[$0] }) {
            let name = training.images.items[item].name
            let image = try training.images.original(at: item).image
            let found = try detector.detect(image)
            sheet.add(
                image.compared(found, truth: training.images.items[item].landmarks, training.scheme, side: 240),
                caption: FileSystem.name(of: name))
        }
        try sheet.image.write(to: folder.sample, overwrite: true)
    }
}

extension Image {
    /// Resized to this longer side, with landmarks in green over the true ones in red.
    func compared(_ found: Landmarks, truth: [Point?], _ scheme: LandmarkScheme, side: Int) -> Image {
        let scale = Float(side) / Float(max(width, height))
        func length(_ pixels: Int) -> Int { max(1, Int(clamping: (Float(pixels) * scale).rounded())) }
        var large = withoutAlpha().resized(width: length(width), height: length(height))
        let radius = max(1, Float(side) / 160)
        for point in truth.compactMap({ $0 }) {
            large.fillCircle(
                center: Point(x: point.x * scale, y: point.y * scale), radius: radius, color: Color(230, 40, 40))
        }
        let moved = found.points.map { Point(x: $0.x * scale, y: $0.y * scale) }
        large.draw(
            Landmarks(points: moved, confidence: found.confidence), scheme,
            style: .init(color: Color(60, 220, 80)))
        return large
    }
}

extension LandmarkTraining {
    /// A summary of the training for people.
    fileprivate func summary(persons: Int) -> String {
        let weights = parameters.trainable.reduce(0) { $0 + $1.shape.count }
        let changes = recipe.augmentation.isEmpty ? "" : ", \(recipe.augmentation)"
        let origin = recipe.pretrained.map { " from \($0.name)" } ?? ""
        let known = scheme.name.map { " (\($0))" } ?? ""
        let groups = persons > 0 ? "\(pluralized(persons, "person")): " : ""
        return """
            \(recipe.model)\(origin): \(pluralized(weights, "weight")); input \(recipe.side)x\(recipe.side), of which the object \
            takes \(short(recipe.fill.lowerBound)) to \(short(recipe.fill.upperBound)), shifted by \
            \(short(recipe.shift)), turned by \(short(recipe.degrees)) degrees\(changes)
            \(pluralized(scheme.points.count, "point"))\(known), \(pluralized(scheme.pairs.count, "mirror pair")); \
            \(groups)\(split.summary); \(pluralized(stepsPerEpoch, "step")) an epoch
            \(recipe.loss)
            \(recipe.settings.summary)

            """
    }
}
