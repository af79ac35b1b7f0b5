import CVClassification
import CVCore
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVTraining
import CVWeights
import Foundation
import TestSupport
import Testing

/// New classes on top of the ResNet-20 that comes with the library.
@Suite final class TransferTests {
    let folder: String

    /// Three classes of twelve images: noise, mostly in one color.
    init() throws {
        folder = NSTemporaryDirectory() + "transfer-\(UUID().uuidString)"
        for (number, name) in ["blue", "green", "red"].enumerated() {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            for index in 0..<12 {
                var random = SplitMix64(seed: UInt64(number), stream: index)
                let pixels = (0..<16 * 16 * 3).map { position in
                    UInt8(clamping: 120 * random.uniform()) + (position % 3 == 2 - number ? 90 : 0)
                }
                let image = Image(width: 16, height: 16, format: .rgb, pixels: pixels)
                try image.write(to: "\(folder)/\(name)/\(index).png")
            }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func training(
        _ change: (inout ClassificationRecipe) -> Void = { _ in }, frozen: FrozenPart? = .backbone
    ) throws -> ClassificationTraining {
        let weights = try PretrainedWeights("resnet20-cifar10")
        var recipe = ClassificationRecipe(weights, frozen: frozen)
        (recipe.epochs, recipe.batchSize, recipe.holdout) = (30, 9, 0.25)
        change(&recipe)
        return try ClassificationTraining(recipe, ImageDataset.classification(contentsOf: folder), pretrained: weights)
    }

    private func values(_ training: ClassificationTraining) -> [String: [Float]] {
        training.parameters.stateDictionary.mapValues(\.values)
    }

    @Test("transfer learning: a frozen backbone stays and the head learns") func aFrozenBackboneStaysAndTheHeadLearns()
        throws
    {
        let training = try training()
        let before = values(training)
        let summary = try training.trainer().run()
        let after = values(training)
        let changed = before.keys.filter { before[$0] != after[$0] }
        #expect(changed.sorted() == ["fc.bias", "fc.weight"])
        // Of the features that were computed once, and of the images by the whole network.
        let last = try #require(summary.rows.last)
        let metrics = try training.evaluate(training.split.validation)
        #expect(last.metrics["accuracy"] == metrics.accuracy && metrics.accuracy > 0.8, "\(metrics.accuracy)")
        #expect(abs(try #require(last.metrics["loss"]) - metrics.loss) < 1e-5)
        #expect(last.loss < summary.rows[0].loss)
    }

    @Test("transfer learning: with a split seed another seed holds out the same images")
    func withASplitSeedAnotherSeedHoldsOutTheSameImages() throws {
        let held = try [(1, nil), (2, 1), (2, nil)].map { seed, split in
            try training { ($0.seed, $0.splitSeed) = (seed, split) }.split.validation
        }
        #expect(held[0] == held[1] && held[1] != held[2])
    }

    @Test("transfer learning: the preprocessing is that of the weights") func thePreprocessingIsThatOfTheWeights()
        throws
    {
        let own = try PretrainedWeights("resnet20-cifar10").preprocessing
        #expect(try training().preprocessing == own)
        let larger = try training { $0.input = .init(channels: 3, height: 48, width: 40) }.preprocessing
        #expect((larger.width, larger.height) == (40, 48) && larger.mean == own.mean && larger.resize == own.resize)
    }

    @Test("transfer learning: fine tuning starts from the weights and moves them")
    func fineTuningStartsFromTheWeightsAndMovesThem() throws {
        let training = try training({ $0.epochs = 1 }, frozen: nil)
        let file = try Safetensors(path: PretrainedWeights("resnet20-cifar10").path).stateDictionary()
        let before = values(training)
        for (key, value) in file where !key.hasPrefix("fc.") && !key.hasSuffix("num_batches_tracked") {
            #expect(before[key] == value.values, "\(key)")
        }
        try training.trainer().run()
        let after = values(training)
        #expect(after["conv1.weight"] != before["conv1.weight"])
        #expect(after["bn1.running_mean"] != before["bn1.running_mean"])
    }

    @Test("transfer learning: copies come in turn and are the same for the same seed")
    func copiesComeInTurnAndAreTheSameForTheSameSeed() throws {
        let images = try training().images
        let preprocessing = try training().preprocessing
        func features(seed: UInt64, limit: Int = 1 << 20) throws -> BackboneFeatures {
            let loader = BatchLoader(
                images, items: [3, 14, 25, 30], batchSize: 3, preprocessing: preprocessing,
                augmentation: try AugmentationRecipe("rotate=40").pipeline, seed: seed, shuffles: false)
            var shown: [Int] = []
            defer { #expect(shown.isEmpty || shown == [3, 4, 7, 8]) }
            return try BackboneFeatures(
                { $0.reshaped([$0.shape[0], 3 * 32 * 32]) }, loader, copies: 2, memoryLimit: limit,
                progress: { shown.append($0) })
        }
        let found = try features(seed: 1)
        #expect(found.shape == [3072])
        let copies = (0..<4).map { found.batch([1, 2], copy: $0) }
        #expect(copies[0].items == [14, 25] && copies[0].labels == [14, 25].compactMap { images.items[$0].label })
        #expect(copies[0].images.values == copies[2].images.values)
        #expect(copies[1].images.values == copies[3].images.values)
        #expect(copies[0].images.values != copies[1].images.values)
        #expect(try features(seed: 1).batch(0..<4, copy: 1).images.values == found.batch(0..<4, copy: 1).images.values)
        #expect(try features(seed: 2).batch(0..<4).images.values != found.batch(0..<4).images.values)
        let next = found.batches(epoch: 5, startingAt: 0, batchSize: 2, seed: 9)
        let epoch = [next(), next(), next()]
        #expect(epoch[2] == nil && Set(epoch.compactMap { $0 }.flatMap(\.items)) == [3, 14, 25, 30])
        #expect(found.batches(epoch: 5, startingAt: 1, batchSize: 2, seed: 9)()?.items == epoch[1]?.items)
        // 4 images × 2 copies × 3072 numbers of 4 bytes.
        #expect(throws: FeatureError.self) { try features(seed: 1, limit: 98303) }
        #expect(try features(seed: 1, limit: 98304).shape == [3072])
    }

    @Test("transfer learning: weights that do not fit are refused with their keys")
    func weightsThatDoNotFitAreRefusedWithTheirKeys() throws {
        let path = try PretrainedWeights("resnet20-cifar10").path
        #expect(throws: ModelFileError.self) { try PretrainedWeights(path, expecting: "resnet32") }
        let file = try Safetensors(path: path)
        let tensors = try file.stateDictionary().filter { $0.key != "layer1.0.bn1.bias" && $0.key != "fc.bias" }
            .map { SafetensorsTensor($0.key, shape: $0.value.shape.dimensions, values: $0.value.values) }
        let other = folder + "/less.safetensors"
        try FileOutput.write(Safetensors.encode(tensors, metadata: file.metadata), to: other)
        let weights = try PretrainedWeights(other)
        #expect {
            try ClassificationTraining(
                ClassificationRecipe(weights), ImageDataset.classification(contentsOf: folder), pretrained: weights)
        } throws: {
            guard case .otherParameters(let mismatch) = ($0 as? ModelFileError)?.problem else { return false }
            // Nothing is said about the head, which is new anyway.
            return mismatch.difference == KeyDifference(expected: ["layer1.0.bn1.bias": [16]], found: [:])
        }
    }
}
