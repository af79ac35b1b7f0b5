import CVCore
import CVDetection
import CVImage
import CVModels
import CVNN
import CVTask
import CVTraining
import TestSupport
import Testing

/// From drawn shapes to detectors that look at regions.
@Suite("Training of detectors by regions") struct RegionTrainingTests {
    let folder: LandmarkScratch

    init() throws { folder = try LandmarkScratch() }

    private func recipe(_ kind: RegionNetwork.Kind, epochs: Int) throws -> DetectionRecipe {
        var recipe = DetectionRecipe(try ModelRegistry.spec(named: kind.rawValue, task: .detect))
        #expect(recipe.boxLoss == .smooth && recipe.losses == [.smooth])
        (recipe.epochs, recipe.batchSize, recipe.holdout, recipe.learningRate) = (epochs, 4, 0.25, 1e-3)
        (recipe.warmup, recipe.averageDecay, recipe.plainEpochs) = (1, nil, 1)
        recipe.input = .init(channels: 3, height: 64, width: 96)
        recipe.augmentation = "mirror@0.5"
        return recipe
    }

    private func decoded(_ recipe: DetectionRecipe, count: Int) throws -> DecodedImages {
        try folder.shapes(count: count)
        let dataset = try DetectionDataset(contentsOf: "\(folder.path)/shapes")
        return try DetectionTraining.decoded(recipe, dataset.images)
    }

    @Test(
        "each network begins with the classifier's weights, learns, and says how to use it",
        arguments: RegionNetwork.Kind.allCases)
    func learns(_ kind: RegionNetwork.Kind) throws {
        let spec = try ModelRegistry.spec(named: kind.rawValue, task: .detect)
        let pretrained = try PretrainedDetector(for: spec)
        #expect(pretrained.name == "mobilenet_v2-features")
        var recipe = try recipe(kind, epochs: 6)
        recipe.settings.pretrained = DetectionRecipe(spec, pretrained: pretrained).settings.pretrained
        let training = try DetectionTraining(recipe, decoded(recipe, count: 16), pretrained: pretrained)
        #expect(training.remade == [])
        let key = "encoder.features.1.conv.0.0.weight"
        let (_, fresh) = ParameterSet.initialize(seed: recipe.seed) { spec.make(classes: 2, $0) }
        #expect(training.parameters[key]?.value.values != fresh[key]?.value.values)
        let best = "\(folder.path)/best.safetensors"
        let files = TrainingFiles(best: best, bestMetadata: { [metadata = training.metadata] _ in metadata })
        let summary = try training.trainer(files: files).run()
        let (first, last) = (summary.rows[0], try #require(summary.rows.last))
        #expect(last.loss < 0.8 * first.loss, "\(summary.rows.map(\.loss))")
        #expect(last.trainingMetrics.names == (kind == .fasterRCNN ? ["proposal", "box", "class"] : ["box", "class"]))
        let detector = try Detector(best)
        #expect(detector.labels == ["disc", "square"] && detector.name == kind.rawValue)
        let again = try detector.evaluate(training.images, items: training.split.validation)
        #expect(again.summary.averagePrecision == summary.best?.metrics["ap"])
        #expect(try ModelFile.verify(path: best).problems == [])
    }

    @Test(
        "an interrupted training that is resumed draws the same regions",
        arguments: [RegionNetwork.Kind.fastRCNN, .fasterRCNN])
    func resumingIsExact(_ kind: RegionNetwork.Kind) throws {
        let recipe = try recipe(kind, epochs: 2)
        let images = try decoded(recipe, count: 12)
        let whole = try DetectionTraining(recipe, images)
        try whole.trainer().run()
        let checkpoint = "\(folder.path)/checkpoint.safetensors"
        let files = TrainingFiles(checkpoint: checkpoint)
        var steps = 0
        try DetectionTraining(recipe, images).trainer(files: files).run(
            shouldStop: { steps >= 3 }, onEvent: { if case .step = $0 { steps += 1 } })
        let second = try DetectionTraining(recipe, images)
        let trainer = second.trainer(files: files)
        try trainer.resume(from: checkpoint)
        try trainer.run()
        let (expected, found) = (whole.parameters.stateDictionary, second.parameters.stateDictionary)
        #expect(expected.mapValues(\.values) == found.mapValues(\.values))
    }

    @Test(
        "losses that do not go with a network are an error", arguments: ["faster-r-cnn", "yolox-nano", "yolov3-tiny"])
    func losses(_ name: String) throws {
        var recipe = DetectionRecipe(try ModelRegistry.spec(named: name, task: .detect))
        recipe.input = .init(channels: 3, height: 64, width: 96)
        let images = try decoded(recipe, count: 4)
        for loss in BoxLoss.allCases where !recipe.losses.contains(loss) {
            recipe.boxLoss = loss
            let known = recipe.losses.map(\.rawValue)
            #expect(throws: DetectionTrainingError.loss(loss.rawValue, model: name, known: known)) {
                try DetectionTraining(recipe, images)
            }
        }
    }

    @Test("a network without objectness has no loss for it")
    func objectness() throws {
        var recipe = try recipe(.fastRCNN, epochs: 1)
        #expect(recipe.json["objectness"] == nil)
        let images = try decoded(recipe, count: 4)
        recipe.objectness = .focal
        #expect(throws: DetectionTrainingError.objectness(model: "fast-r-cnn")) {
            try DetectionTraining(recipe, images)
        }
    }

    @Test("weights of another classifier are refused")
    func otherClassifier() throws {
        let spec = try ModelRegistry.spec(named: "faster-r-cnn", task: .detect)
        #expect(throws: ModelFileError.self) { try PretrainedDetector("bccd", for: spec) }
        let yolox = try ModelRegistry.spec(named: "yolox-nano", task: .detect)
        #expect(throws: ModelFileError.self) { try PretrainedDetector("mobilenet_v2-features", for: yolox) }
        #expect(throws: ModelFileError.self) { try PretrainedDetector(for: yolox) }
    }
}
