import CVImage
import CVNN
import CVTensor
import CVTraining
import CVWeights
import TestSupport
import Testing

/// From drawn images to a network that finds shapes.
@Suite("Lessons: training") struct ShapeTrainingTests {
    let folder: LandmarkScratch

    init() throws { folder = try LandmarkScratch() }

    private func recipe(_ lesson: ShapeLesson, steps: Int) -> ShapeRecipe {
        var recipe = ShapeRecipe(lesson)
        (recipe.steps, recipe.batchSize, recipe.epochs, recipe.learningRate) = (steps, 16, 4, 4e-3)
        return recipe
    }

    @Test(
        "a short training makes the loss fall, and is better than what knows nothing", arguments: ShapeLesson.allCases)
    func lossesFall(_ lesson: ShapeLesson) throws {
        let training = ShapeTraining(recipe(lesson, steps: 120))
        let rows = try training.trainer().run().rows
        #expect(rows.count == 4 && rows[3].loss < rows[0].loss * 0.7, "\(rows.map(\.loss))")
        #expect(rows[3].trainingMetrics.names == ["p_c", "coordinates"] + (lesson == .corners ? [] : ["class"]))
        let score = training.score()
        switch lesson {
        case .corners:
            // The mean corners of all sheets are the best that can be said without looking.
            let sheets = training.heldOut.compactMap(\.shapes.first)
            let means = (0..<4).map { corner in
                let points = sheets.map { $0.corners[corner] }
                let count = Float(points.count)
                return Point(x: points.map(\.x).reduce(0, +) / count, y: points.map(\.y).reduce(0, +) / count)
            }
            var blind = ShapeFinding(
                ShapeOutput(Tensor(repeating: 0, shape: [1, 9, 1, 1]), lesson.layout), lesson, image: 0)
            blind.corners = means
            let baseline = ShapeScore(training.heldOut.map { _ in blind }, training.heldOut, lesson)
            #expect(try #require(score.cornerError) < 0.9 * (try #require(baseline.cornerError)), "\(score)")
        case .box, .grid, .anchors:
            let before = ShapeTraining(recipe(lesson, steps: 120)).score()
            #expect(try #require(score.averagePrecision50) > (try #require(before.averagePrecision50)), "\(score)")
        }
    }

    @Test("the output has a vector for each cell and box", arguments: ShapeLesson.allCases)
    func outputs(_ lesson: ShapeLesson) {
        let (network, _) = ParameterSet.initialize(seed: 1) { ShapeNetwork(lesson, $0) }
        let batch = ShapeBatch(for: lesson, seed: 1, indices: 0..<2)
        #expect(batch.images.shape == [2, 3, 64, 64])
        let color = batch.scenes[1].image[5, 3]
        #expect(batch.images.values[(3 + 1) * 4096 + 3 * 64 + 5] == (Float(color.green) - 127.5) / 127.5)
        let shapes: [ShapeLesson: Shape] = [
            .box: [2, 8, 1, 1], .corners: [2, 9, 1, 1], .grid: [2, 8, 8, 8], .anchors: [2, 24, 8, 8],
        ]
        #expect(network(batch.images).shape == shapes[lesson])
    }

    @Test("an interrupted training that is resumed ends with the same weights, and weights can be loaded")
    func resumingIsExact() throws {
        let recipe = recipe(.grid, steps: 8)
        let whole = ShapeTraining(recipe)
        let best = "\(folder.path)/best.safetensors"
        let metadata = whole.metadata
        try whole.trainer(files: TrainingFiles(best: best, bestMetadata: { _ in metadata })).run()
        let files = TrainingFiles(checkpoint: "\(folder.path)/checkpoint.safetensors")
        let first = ShapeTraining(recipe)
        var steps = 0
        try first.trainer(files: files).run(
            shouldStop: { steps >= 3 }, onEvent: { if case .step = $0 { steps += 1 } })
        let second = ShapeTraining(recipe)
        let trainer = second.trainer(files: files)
        try trainer.resume(from: "\(folder.path)/checkpoint.safetensors")
        try trainer.run()
        let (expected, found) = (whole.parameters.stateDictionary, second.parameters.stateDictionary)
        #expect(expected.mapValues(\.values) == found.mapValues(\.values))
        // Another weight is another training.
        var other = recipe
        other.loss.coordinateWeight = 1
        let changed = ShapeTraining(other).trainer(files: files)
        #expect(throws: TrainingError.self) { try changed.resume(from: "\(folder.path)/checkpoint.safetensors") }

        let loaded = ShapeTraining(recipe)
        try loaded.parameters.load(Safetensors(path: best).stateDictionary())
        #expect(loaded.score() == whole.score())
    }
}
