import CLISupport
import CVCore
import CVDetection
import CVImage
import CVNN
import CVTraining

/// One run of `cvtool train detect`.
struct TrainDetectRun {
    private let command: TrainDetectCommand
    private let output: TrainOutputOptions
    private let folder: TrainFolder

    /// Images of validation in the sample.
    private static let samples = 8
    private static let samplePixels = 320
    /// What is drawn of what was found.
    private static let confidence: Float = 0.3
    /// Findings of a data set that are shown one by one.
    private static let remarks = 5

    init(_ command: TrainDetectCommand) {
        self.command = command
        output = command.output
        folder = TrainFolder(command.output.output)
    }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let pretrained = try command.model.weights()
        let recipe = try command.recipe(pretrained)
        let dataset = try DetectionDataset(contentsOf: command.data)
        report(dataset)
        let images = try dataset.images.decoded(showing: "decode", quiet: output.quiet) { _, progress in
            try DetectionTraining.decoded(recipe, dataset.images, progress: progress)
        }
        if Interruption.isRequested { return .interrupted }
        var files = RunFiles()
        files.read(dataset.images)
        files.read(weights: command.model.pretrained)
        let lock = try folder.prepare(force: output.force, resume: output.resume, inputs: files)
        defer { withExtendedLifetime(lock) {} }
        let training = try DetectionTraining(recipe, images, pretrained: pretrained)
        if !output.quiet { StandardError.write(training.summary(dataset)) }
        let session = TrainingSession(
            output: output, folder: folder, metadata: training.metadata, recipe: training.recipe.json,
            parameters: training.parameters, isEvaluated: training.isEvaluated)
        let trainer = training.trainer(files: session.files)
        return try session.run(trainer) { epoch in
            if epoch == 1 || epoch % command.images.drawEvery == 0 || epoch == recipe.epochs {
                try writeSample(training)
            }
        }
    }

    /// Says which boxes were clipped or left out.
    private func report(_ dataset: DetectionDataset) {
        if output.quiet { return }
        for finding in dataset.findings.prefix(Self.remarks) { warn("\(finding)") }
        let rest = dataset.findings.count - Self.remarks
        if rest > 0 { warn("and \(pluralized(rest, "more finding")) of this kind") }
    }

    /// Some images of validation with what the last evaluation found and, below it, the truth in white.
    private func writeSample(_ training: DetectionTraining) throws {
        let found = training.findings.all
        let items = found.keys.sorted().filter { !training.images.items[$0].objects.isEmpty }
        guard !items.isEmpty else { return }
        let step = max(1, items.count / Self.samples)
        var sheet = ContactSheet(
            cellWidth: Self.samplePixels, cellHeight: Self.samplePixels * 3 / 4, columns: 4)
        for item in stride(from: 0, to: items.count, by: step).prefix(Self.samples).map({ items[$0] }) {
            let described = training.images.items[item]
            let image = try training.images.original(at: item).image.withoutAlpha()
            let detections = (found[item] ?? []).filter { $0.confidence >= Self.confidence }
            sheet.add(
                image.compared(detections, truth: described.objects, side: Self.samplePixels * 2),
                caption: FileSystem.name(of: described.name))
        }
        try sheet.image.write(to: folder.sample, overwrite: true)
    }
}

extension Image {
    /// Resized to this longer side, with the true boxes in white below those that were found in the colors of their classes.
    func compared(_ found: [Detection], truth: [AnnotatedObject], side: Int) -> Image {
        let scale = Float(side) / Float(max(width, height))
        func length(_ pixels: Int) -> Int { max(1, Int(clamping: (Float(pixels) * scale).rounded())) }
        func moved(_ box: Box) -> Box {
            Box(minX: box.minX * scale, minY: box.minY * scale, maxX: box.maxX * scale, maxY: box.maxY * scale)
        }
        var large = resized(width: length(width), height: length(height))
        large.annotate(truth.map { BoxAnnotation(box: moved($0.box), color: Color(255, 255, 255)) }, lineWidth: 4)
        large.annotate(
            found.map {
                BoxAnnotation(
                    box: moved($0.box), label: "\($0.label) \(decimal(Double($0.confidence), 2))",
                    color: Palette.color(forClass: $0.classIndex))
            }, lineWidth: 2)
        return large
    }
}

extension DetectionTraining {
    /// A summary of the training for people.
    fileprivate func summary(_ dataset: DetectionDataset) -> String {
        let weights = parameters.trainable.reduce(0) { $0 + $1.shape.count }
        let changes = recipe.augmentation.isEmpty ? "none" : recipe.augmentation
        let origin = recipe.pretrained.map { " from \($0.name)" } ?? ""
        let spread = recipe.multiScale
        let scales = spread > 0 ? " times \(short(1 - spread)) to \(short(1 + spread))" : ""
        let counts = zip(dataset.classes, dataset.objectCounts).prefix(12).map {
            "\($0.escapedForDisplay) \($1)"
        }
        return """
            \(recipe.model)\(origin): \(pluralized(weights, "weight")); input \(recipe.input.width)x\(recipe.input.height)\
            \(scales); augmentation \(changes)\(plainText)
            \(remadeText)\(anchorText)\(split.summary); \(pluralized(stepsPerEpoch, "step")) an epoch
            \(pluralized(dataset.classes.count, "class", "classes")): \(counts.joined(separator: ", "))\
            \(dataset.classes.count > counts.count ? " …" : "")
            \(recipe.settings.summary)

            """
    }

    /// `, nothing strong in the last 10 epochs`.
    private var plainText: String {
        let isStrong = recipe.plainEpochs > 0 && !recipe.augmentation.isEmpty
        return isStrong ? ", nothing strong in the last \(pluralized(recipe.plainEpochs, "epoch"))" : ""
    }

    /// Which parameters are random although there are pretrained weights.
    private var anchorText: String {
        guard let anchors else { return "" }
        let sizes = anchors.anchors.map { "\(decimal($0.width, 0))x\(decimal($0.height, 0))" }.joined(separator: " ")
        return "anchors \(sizes): mean IoU with the nearest \(decimal(anchors.meanIoU, 3))\n"
    }

    private var remadeText: String {
        guard !remade.isEmpty else { return "" }
        return "made anew, since the classes are others: \(remade.joined(separator: ", "))\n"
    }
}
