import CVImage
import CVModels
import CVNN
import CVSegmentation
import CVTask
import CVTensor
import CVTraining
import CVWeights
import Testing

/// From images and masks to a network that knows them.
@Suite struct SegmentationTrainingTests {
    let folder: SegmentationScratch

    init() throws { folder = try SegmentationScratch() }

    private func recipe(_ model: String = "unet-w8-d2") throws -> SegmentationRecipe {
        var recipe = SegmentationRecipe(try ModelRegistry.spec(named: model, task: .segment))
        (recipe.epochs, recipe.batchSize, recipe.holdout, recipe.learningRate) = (10, 4, 0.2, 1e-2)
        (recipe.augmentation, recipe.scale) = ("mirror@0.5", 0.9...1.2)
        return recipe
    }

    private func training(
        _ recipe: SegmentationRecipe, images: Int = 30
    ) throws -> SegmentationTraining {
        try folder.shapes(images)
        let dataset = try ImageDataset.segmentation(contentsOf: "\(folder.path)/shapes")
        return try SegmentationTraining(recipe, SegmentationImages(dataset))
    }

    @Test(
        "segmentation training: a small network learns the shapes",
        arguments: ["cross-entropy", "cross-entropy+dice", "focal"])
    func aSmallNetworkLearnsTheShapes(loss: String) throws {
        var recipe = try recipe()
        recipe.loss = try #require(SegmentationLoss(loss))
        let training = try training(recipe)
        let files = TrainingFiles(
            best: "\(folder.path)/best.safetensors", bestMetadata: { [metadata = training.metadata] _ in metadata })
        try training.trainer(files: files).run()
        let segmenter = try Segmenter("\(folder.path)/best.safetensors")
        let metrics = try segmenter.evaluate(training.images, items: training.split.validation)
        #expect(metrics.meanIoU > 0.8, "\(metrics.report)")
        #expect(segmenter.labels == training.images.labels)
        #expect(segmenter.preprocessing == training.preprocessing)
    }

    @Test("segmentation training: with a split seed another seed holds out the same images")
    func withASplitSeedAnotherSeedHoldsOutTheSameImages() throws {
        var recipe = try recipe()
        let first = try training(recipe)
        (recipe.seed, recipe.splitSeed) = (2, 1)
        let second = try training(recipe)
        recipe.splitSeed = nil
        let third = try training(recipe)
        #expect(first.split.validation == second.split.validation && first.split.validation != third.split.validation)
        let weights = [first, second, third].map { $0.parameters.stateDictionary["out.weight"]?.values }
        #expect(weights[0] != nil && weights[0] != weights[1] && weights[1] == weights[2])
    }

    @Test("segmentation training: a run that is resumed has the weights of one that was not")
    func aRunThatIsResumedHasTheWeightsOfOneThatWasNot() throws {
        var recipe = try recipe()
        (recipe.epochs, recipe.crop) = (2, .init(width: 24, height: 20))
        let files = TrainingFiles(checkpoint: "\(folder.path)/checkpoint.safetensors")
        let stopped = try training(recipe, images: 10).trainer(files: files)
        var steps = 0
        func shouldStop() -> Bool {
            steps += 1
            return steps > 3
        }
        try stopped.run(shouldStop: shouldStop) { _ in }
        let resumed = try training(recipe, images: 10)
        let trainer = resumed.trainer(files: files)
        try trainer.resume(from: files.checkpoint!)
        try trainer.run()
        let whole = try training(recipe, images: 10)
        try whole.trainer().run()
        for (a, b) in zip(resumed.parameters, whole.parameters) {
            #expect(a.value.values == b.value.values, "\(a.name)")
        }
        recipe.classWeights = .none
        let other = try training(recipe, images: 10).trainer()
        #expect(throws: TrainingError.self) { try other.resume(from: files.checkpoint!) }
    }

    @Test("segmentation training: batches do not depend on memory nor on where they begin")
    func batchesDoNotDependOnMemoryNorOnWhereTheyBegin() throws {
        let training = try training(recipe(), images: 10)
        let again = try SegmentationImages(training.images.decoded.dataset, memoryLimit: 0)
        #expect(training.images.decoded.isInMemory && !again.decoded.isInMemory)
        func batches(_ images: SegmentationImages, from step: Int) throws -> [SegmentationBatch] {
            let loader = BatchLoader(
                images.decoded, items: Array(0..<10), batchSize: 3,
                collation: SegmentationCollation(training.preprocessing),
                augmentation: Augment.Pipeline([
                    Augment.Mirror(), Augment.ScaledCrop(width: 20, height: 16, scale: 0.4...2),
                ]),
                seed: 3, shuffles: true)
            let stream = loader.batches(epoch: 1, startingAt: step)
            var all: [SegmentationBatch] = []
            while let batch = try stream.next() { all.append(batch) }
            return all
        }
        let (kept, decoded) = (try batches(training.images, from: 0), try batches(again, from: 1))
        #expect(kept.count == 3 && decoded.count == 2)
        for (a, b) in zip(kept.dropFirst(), decoded) {
            #expect(a.images.values == b.images.values && a.classes == b.classes)
        }
        #expect(kept[0].images.shape == [3, 3, 16, 20] && kept[0].classes.count == 3 * 16 * 20)
        #expect(kept.contains { $0.classes.contains(Int(Mask.ignore)) })
    }

    @Test("segmentation training: losses are read as they are written") func lossesAreReadAsTheyAreWritten() {
        #expect(SegmentationLoss("cross-entropy+dice") == SegmentationLoss(.crossEntropy, .dice))
        #expect(SegmentationLoss(.focal, .dice).description == "focal+dice")
        for text in ["", "dice+", "dice+dice", "Dice"] { #expect(SegmentationLoss(text) == nil) }
    }

    @Test("segmentation training: the weights say how they were made") func theWeightsSayHowTheyWereMade() throws {
        try folder.shapes(6)
        try folder.write("1 2 3 background\n255 128 0 disc\nsquare\n", to: "shapes/classes.txt")
        let dataset = try ImageDataset.segmentation(contentsOf: "\(folder.path)/shapes")
        let training = try SegmentationTraining(recipe(), SegmentationImages(dataset))
        let metadata = try WeightsMetadata(training.metadata)
        #expect(metadata.task == "segment" && metadata.labels == ["background", "disc", "square"])
        #expect(training.metadata["palette"]?.hasPrefix("[\"#010203\",\"#ff8000\",\"#") == true)
        let labels = SegmentationLabels(metadata.labels, metadata: training.metadata)
        #expect(labels == training.images.labels && labels.colors[1] == Color(255, 128, 0))
        #expect(
            SegmentationLabels(["a", "b"], metadata: ["palette": "[\"#12345\",7]"]) == SegmentationLabels(["a", "b"]))
    }

    /// The encoder takes the values of the classifier under its own names; the rest is fresh.
    @Test(
        "segmentation training: an encoder starts from the weights of its classifier",
        arguments: ["unet-mobilenet_v2", "unet-efficientnet-lite0"])
    func anEncoderStartsFromTheWeightsOfItsClassifier(model: String) throws {
        let architecture = try ModelRegistry.spec(named: model, task: .segment)
        let pretrained = try PretrainedEncoder(for: architecture)
        let (_, parameters) = ParameterSet.initialize(seed: 1) { architecture.makeSegmenter(classes: 3, $0) }
        let fresh = parameters.stateDictionary
        try pretrained.load(into: parameters)
        let file = try Safetensors(path: WeightsLocator().find(architecture.encoder!.weights)).stateDictionary()
        for parameter in parameters {
            let key = parameter.name.hasPrefix("encoder.") ? String(parameter.name.dropFirst(8)) : nil
            let expected = try key.map { try #require(file[$0], "\($0)") } ?? fresh[parameter.name]
            #expect(parameter.value.values == expected?.values, "\(parameter.name)")
        }
        #expect(pretrained.preprocessing(width: 9, height: 7).std != [255, 255, 255] && pretrained.checksum != nil)
    }

    @Test("segmentation training: names of U-Nets are their sizes") func namesOfUNetsAreTheirSizes() throws {
        for name in ["unet", "unet-w16", "unet-w16-d3-bilinear-plain"] {
            #expect(try ModelRegistry.spec(named: name, task: .segment).name == name)
        }
        #expect(try ModelRegistry.spec(named: "unet-d3-w64", task: .segment).name == "unet-d3")
        for name in ["unet-", "unet-w0", "unet-d99", "unet-w256-d6", "net", "unet-w16x"] {
            #expect(throws: ArchitectureError.self) { try ModelRegistry.spec(named: name, task: .segment) }
        }
        #expect(throws: ModelFileError.self) {
            try PretrainedEncoder(for: ModelRegistry.spec(named: "unet", task: .segment))
        }
    }

    /// Any size, down to one pixel.
    @Test("segmentation training: encoders take any size", arguments: [(1, 1), (17, 33), (64, 5)])
    func encodersTakeAnySize(height: Int, width: Int) throws {
        for name in ["unet-mobilenet_v2", "unet-efficientnet-lite0"] {
            let (network, _) = ParameterSet.initialize(seed: 1) {
                try! ModelRegistry.spec(named: name, task: .segment).makeSegmenter(classes: 4, $0)
            }
            let y = network(Tensor(repeating: 0.5, shape: [1, 3, height, width]))
            #expect(y.shape == [1, 4, height, width] && y.isFinite)
        }
    }
}
