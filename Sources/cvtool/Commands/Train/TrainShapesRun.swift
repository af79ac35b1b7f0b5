import CLISupport
import CVCore
import CVDetection
import CVImage
import CVNN
import CVTraining

/// One run of `cvtool train shapes`.
struct TrainShapesRun {
    private let recipe: ShapeRecipe
    private let output: TrainOutputOptions
    private let folder: TrainFolder

    /// Held-out images that are drawn, and the side of each.
    private static let (samples, samplePixels) = (12, 256)

    init(_ command: TrainShapesCommand) {
        recipe = command.recipe
        output = command.output
        folder = TrainFolder(command.output.output)
    }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let lock = try folder.prepare(force: output.force, resume: output.resume, inputs: RunFiles())
        defer { withExtendedLifetime(lock) {} }
        let training = ShapeTraining(recipe)
        if !output.quiet { StandardError.write(training.summary) }
        let session = TrainingSession(
            output: output, folder: folder, metadata: training.metadata, recipe: recipe.json,
            parameters: training.parameters, isEvaluated: true)
        return try session.run(training.trainer(files: session.files)) { _ in try writePredictions(training) }
    }

    /// Some held-out images with the truth in white and, above it, what was found.
    private func writePredictions(_ training: ShapeTraining) throws {
        let scenes = Array(training.heldOut.prefix(Self.samples))
        var sheet = ContactSheet(cellWidth: Self.samplePixels, cellHeight: Self.samplePixels, columns: 4)
        for (scene, finding) in zip(scenes, training.findings(in: scenes)) {
            sheet.add(scene.compared(finding, side: Self.samplePixels), caption: caption(finding))
        }
        try sheet.image.write(to: folder.predictions, overwrite: true)
    }

    private func caption(_ finding: ShapeFinding) -> String {
        guard let presence = finding.presence else {
            return pluralized(finding.sureBoxes.count, "box", "boxes")
        }
        return "p_c \(decimal(Double(presence), 2))"
    }
}

extension ShapeFinding {
    /// What is drawn.
    fileprivate var sureBoxes: [Candidate] { boxes.filter { $0.confidence >= 0.5 } }
}

extension ShapeScene {
    /// The image at another size, with the truth in white below what was found in the colors of the classes.
    fileprivate func compared(_ finding: ShapeFinding, side: Int) -> Image {
        let scale = Float(side) / Float(Self.side)
        func moved(_ point: Point) -> Point { Point(x: point.x * scale, y: point.y * scale) }
        func moved(_ box: Box) -> Box { Box(moved(box.topLeft), moved(box.bottomRight)) }
        var large = image.resized(width: side, height: side)
        for shape in shapes {
            large.strokePolyline(shape.corners.map(moved), closed: true, width: 4, color: .white)
        }
        if !finding.corners.isEmpty {
            if finding.presence ?? 0 >= 0.5 { large.drawFound(finding.corners.map(moved)) }
            return large
        }
        large.annotate(
            shapes.map { BoxAnnotation(box: moved($0.box), color: .white) }, lineWidth: 4)
        large.annotate(
            finding.sureBoxes.map {
                BoxAnnotation(
                    box: moved($0.box),
                    label: "\(ShapeLesson.classes[$0.classIndex]) \(decimal(Double($0.confidence), 2))",
                    color: Palette.color(forClass: $0.classIndex))
            }, lineWidth: 2)
        return large
    }
}

extension Image {
    fileprivate mutating func drawFound(_ corners: [Point]) {
        let color = Color(230, 40, 40)
        strokePolyline(corners, closed: true, width: 2, color: color)
        for corner in corners { fillCircle(center: corner, radius: 4, color: color) }
    }
}

extension ShapeTraining {
    /// A summary of the training for people.
    fileprivate var summary: String {
        let weights = parameters.trainable.reduce(0) { $0 + $1.shape.count }
        return """
            \(recipe.lesson.rawValue): \(pluralized(weights, "weight")); images of \(ShapeScene.side)x\(ShapeScene.side), \
            \(recipe.batchSize) new ones a step, \(heldOut.count) held out
            \(placesText)weight of coordinates \(short(recipe.loss.coordinateWeight)), of empty places \
            \(short(recipe.loss.emptyWeight))
            \(recipe.optimizer.rawValue), learning rate \(short(recipe.learningRate)) (\(recipe.schedule.rawValue)), \
            \(pluralized(recipe.epochs, "epoch")) of \(pluralized(recipe.stepsPerEpoch, "step")), seed \(recipe.seed)

            """
    }

    /// `8x8 cells, 3 boxes each; `.
    private var placesText: String {
        guard let grid = recipe.lesson.grid, grid.cells > 1 else { return "" }
        let boxes = pluralized(recipe.lesson.layout.boxesPerCell, "box", "boxes")
        return "\(grid.cells)x\(grid.cells) cells, \(boxes) each; "
    }
}
