import CVCore
import CVImage
import CVLandmarks
import CVModels
import CVNN
import CVTask
import CVTensor
import CVTraining
import CVWeights
import TestSupport
import Testing

/// From drawn faces to a network that knows their points.
@Suite("Training of landmarks") struct LandmarkTrainingTests {
    let folder: LandmarkScratch

    init() throws { folder = try LandmarkScratch() }

    private func recipe(_ model: String, epochs: Int) throws -> LandmarkRecipe {
        var recipe = LandmarkRecipe(try ModelRegistry.spec(named: model, task: .landmarks))
        (recipe.epochs, recipe.batchSize, recipe.holdout, recipe.learningRate) = (epochs, 4, 0.2, 3e-3)
        (recipe.side, recipe.degrees, recipe.fill, recipe.shift) = (32, 10, 0.3...0.5, 0.05)
        recipe.augmentation = "mirror@0.5"
        return recipe
    }

    private func training(_ recipe: LandmarkRecipe, persons: Int = 20) throws -> LandmarkTraining {
        try folder.faces(persons: persons)
        let dataset = try LandmarkDataset(contentsOf: "\(folder.path)/faces")
        return try LandmarkTraining(recipe, dataset.decoded(side: recipe.side), scheme: dataset.scheme)
    }

    @Test("a small network learns drawn faces by direct regression, and its weights say how to use them")
    func regressionLearns() throws {
        let training = try training(recipe("landmarks-regression-small", epochs: 20))
        #expect(training.split.validation.count == 8 && training.split.train.count == 32)
        let before = try training.evaluate(training.split.validation).main.meanError
        let best = "\(folder.path)/best.safetensors"
        let files = TrainingFiles(best: best, bestMetadata: { [metadata = training.metadata] _ in metadata })
        let summary = try training.trainer(files: files).run()
        let after = try #require(summary.best?.metrics["nme"])
        #expect(after < 0.2 && after < before / 2, "\(before) to \(after)")
        #expect(summary.rows.last?.metrics.names == ["nme", "auc", "failures"])
        let detector = try LandmarkDetector(best)
        #expect(detector.scheme == .eyesNoseMouth && detector.decoding == .coordinates)
        #expect(abs(detector.fill - (0.3 * 0.5).squareRoot()) < 1e-9)
        let metrics = try detector.evaluate(training.images, items: training.split.validation)
        // Weights of a file run by a plan, which rounds in another order.
        #expect(abs(metrics.main.meanError - after) < 1e-4)
        #expect(try ModelFile.verify(path: best).problems == [])
    }

    @Test("a step by every loss makes the loss smaller", arguments: ["heatmap", "heatmap+wing", "wing", "squared"])
    func lossesFall(loss: String) throws {
        var recipe = try recipe("landmarks-heatmap-small", epochs: 3)
        recipe.loss = try #require(LandmarkLoss(loss))
        let training = try training(recipe, persons: 8)
        #expect(training.detector.decoding == (loss == "heatmap" ? .argmax : .softArgmax))
        let rows = try training.trainer().run().rows
        #expect(rows.count == 3 && rows[2].loss < rows[0].loss, "\(rows.map(\.loss))")
    }

    @Test("an interrupted training that is resumed ends with the same weights, to the bit")
    func resumingIsExact() throws {
        var recipe = try recipe("landmarks-regression-small", epochs: 2)
        recipe.augmentation = "mirror@0.5,hsv@0.5,noise@0.3"
        let whole = try training(recipe, persons: 8)
        try whole.trainer().run()
        let checkpoint = "\(folder.path)/checkpoint.safetensors"
        let files = TrainingFiles(checkpoint: checkpoint)
        let first = try training(recipe, persons: 8)
        var steps = 0
        try first.trainer(files: files).run(
            shouldStop: { steps >= 2 }, onEvent: { if case .step = $0 { steps += 1 } })
        let second = try training(recipe, persons: 8)
        let trainer = second.trainer(files: files)
        try trainer.resume(from: checkpoint)
        try trainer.run()
        let (expected, found) = (whole.parameters.stateDictionary, second.parameters.stateDictionary)
        #expect(expected.mapValues(\.values) == found.mapValues(\.values))
        #expect(first.parameters.stateDictionary.mapValues(\.values) != found.mapValues(\.values))
        // Other pairs would make other images.
        let other = LandmarkScheme(points: LandmarkScheme.eyesNoseMouth.points, pairs: [])
        let changed = try LandmarkTraining(recipe, second.images, scheme: other)
        let error = #expect(throws: TrainingError.self) { try changed.trainer(files: files).resume(from: checkpoint) }
        #expect(error?.description.contains("mirror pairs") == true, "\(error?.description ?? "")")
    }

    @Test("settings that do not go together are errors that say so")
    func impossibleSettings() throws {
        var recipe = try recipe("landmarks-regression-small", epochs: 1)
        let training = try training(recipe, persons: 4)
        func failure(_ recipe: LandmarkRecipe, _ scheme: LandmarkScheme = .eyesNoseMouth) -> String {
            do {
                _ = try LandmarkTraining(recipe, training.images, scheme: scheme)
                return ""
            } catch { return "\(error)" }
        }
        let unknown = LandmarkScheme(points: LandmarkScheme.eyesNoseMouth.points, pairs: nil)
        #expect(failure(recipe, unknown).contains("which points swap"))
        recipe.leaveOutMirroring()
        #expect(recipe.augmentation == "" && failure(recipe, unknown) == "")
        recipe.loss = LandmarkLoss(.heatmap)
        #expect(failure(recipe).contains("for networks for heat maps"))
        recipe.loss = LandmarkLoss(.wing)
        recipe.augmentation = "mosaic@0.5"
        #expect(failure(recipe).contains("mosaic joins several images"))
        recipe.augmentation = ""
        recipe.side = 40
        #expect(failure(recipe).contains("multiples of 32"))
    }

    // MARK: Augmentation

    @Test("mirroring swaps left and right by the pairs, and crops move points with the image")
    func augmentationMovesPoints() throws {
        let face = DrawnFace(seed: 3)
        let sample = Sample(face.image, keypoints: [face.points.map { Keypoint($0) }])
        let pairs = LandmarkScheme.eyesNoseMouth.pairs
        let recipe = try AugmentationRecipe("mirror", context: AugmentationContext(keypointPairs: pairs))
        let mirrored = recipe.pipeline(sample, seed: 1)
        let expected = [1, 0, 2, 4, 3].map { Point(x: 48 - face.points[$0].x, y: face.points[$0].y) }
        #expect(mirrored.keypoints == [expected.map { Keypoint($0) }])
        #expect(mirrored.image == face.image.flippedHorizontally())
        // Without pairs the names stay with the positions.
        let plain = try AugmentationRecipe("mirror").pipeline(sample, seed: 1)
        #expect(plain.keypoints[0][0].position == expected[1])

        // A shift, a rotation by a quarter and a scale, exactly.
        let map = AffineMap.rotation(degrees: 90).around(x: 24, y: 24).then(.scale(x: 0.5, y: 0.5))
        let warped = sample.warped(by: map, width: 24, height: 24)
        #expect(warped.image.width == 24 && warped.image.height == 24)
        for (keypoint, point) in zip(warped.keypoints[0], face.points) {
            #expect(abs(keypoint.position.x - point.y / 2) < 1e-4)
            #expect(abs(keypoint.position.y - (48 - point.x) / 2) < 1e-4)
        }
        // Colors move nothing.
        let colored = try AugmentationRecipe("hsv,gamma,blur,noise").pipeline(sample, seed: 2)
        #expect(colored.keypoints == sample.keypoints && colored.image != sample.image)
    }

    @Test(
        "batches: the object takes the fraction of the input that the recipe says, and eyes are dark where they are said to be"
    )
    func batches() throws {
        var recipe = try recipe("landmarks-regression-small", epochs: 1)
        (recipe.degrees, recipe.shift, recipe.fill, recipe.augmentation) = (25, 0.1, 0.4...0.6, "mirror@0.5")
        let training = try training(recipe, persons: 16)
        let loader = BatchLoader(
            training.images, items: training.split.train, batchSize: 8,
            collation: LandmarkCollation(Preprocessing(width: 32, height: 32, resize: .stretch), points: 5),
            augmentation: training.augmentation, seed: 5, shuffles: true)
        let batch = try #require(try loader.batches().next())
        #expect(
            batch.images.shape == [8, 3, 32, 32] && batch.points.count == 40
                && batch.hasObject == [Bool](repeating: true, count: 8))
        let values = batch.images.values
        for image in 0..<8 {
            let points = try batch.points[image * 5..<image * 5 + 5].map { try #require($0) }
            let size = max(
                points.map(\.x).max()! - points.map(\.x).min()!, points.map(\.y).max()! - points.map(\.y).min()!)
            // The box of the upright points; turned, it is up to a fifth larger or smaller.
            #expect(size > 0.3 && size < 0.75, "\(size)")
            // Left stays left, whether the image is mirrored or not.
            #expect(points[0].x < points[1].x && points[3].x < points[4].x)
            for eye in points[..<2] where eye.x > 0.05 && eye.x < 0.95 && eye.y > 0.05 && eye.y < 0.95 {
                let pixel = Int(clamping: eye.y * 32) * 32 + Int(clamping: eye.x * 32)
                // Red: 30 of 255 in an eye, 220 in the face.
                #expect(values[image * 3 * 1024 + pixel] < 0.5, "image \(image)")
            }
        }
    }

    @Test("points that are not known have no gradient, and images without an object only that of p_c")
    func unknownPointsDoNotCount() throws {
        try folder.image("a.png", width: 32, height: 32)
        try folder.image("b.png", width: 32, height: 32)
        try folder.write("image,x0,y0,x1,y1\na.png,8,8,,\nb.png,,,,\n", to: "keypoints.csv")
        let dataset = try LandmarkDataset(contentsOf: folder.path)
        let images = try dataset.decoded(side: 32)
        let collation = LandmarkCollation(Preprocessing(width: 40, height: 40, resize: .stretch), points: 2)
        let loader = BatchLoader(images, items: [0, 1], batchSize: 2, collation: collation, shuffles: false)
        let batch = try #require(try loader.batches().next())
        #expect(batch.points == [Point(x: 0.25, y: 0.25), nil, nil, nil] && batch.hasObject == [true, false])
        for loss in [LandmarkLoss(.wing), LandmarkLoss(.squared), LandmarkLoss(.smoothL1)] {
            let tape = Tape(.training)
            let output = tape.watch(seededTensor(seed: 1, [2, 5]), gradient: true)
            let gradients = tape.gradients(of: loss(output, batch, .regression))
            let gradient = try #require(gradients[output]).values
            #expect(gradient.map { $0 != 0 } == [true, true, true, false, false, true, false, false, false, false])
        }
        let tape = Tape(.training)
        let maps = tape.watch(seededTensor(seed: 2, [2, 2, 4, 4]), gradient: true)
        let gradients = tape.gradients(of: LandmarkLoss(.heatmap)(maps, batch, .heatmap))
        let gradient = try #require(gradients[maps]).values
        // The known point's map, and both of the image without an object.
        #expect(
            (0..<4).map { map in gradient[map * 16..<map * 16 + 16].contains { $0 != 0 } } == [true, false, true, true])
    }
}
