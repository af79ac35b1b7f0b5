import CVCore
import CVImage
import CVTraining
import CVWeights
import TestSupport
import Testing

/// Batches of a task that the library does not have: the samples as they come.
private struct SampleCollation: Collation {
    func batch(_ samples: BatchSamples) throws -> [Sample] { try samples.items.map { try samples.sample(of: $0) } }
}

/// What is the same for all tasks: items become samples, samples become batches.
@Suite struct DataSampleTests {
    private let scratch: Scratch
    private static let size = Preprocessing(width: 6, height: 6, resize: .stretch)

    init() throws { scratch = try Scratch() }

    private func all<C: Collation>(_ loader: BatchLoader<C>) throws -> [C.Batch] {
        let stream = loader.batches()
        var batches: [C.Batch] = []
        while let batch = try stream.next() { batches.append(batch) }
        return batches
    }

    @Test("ImageDataset: a sample is the image with its label, in its own size")
    func classificationSamplesHaveLabels() throws {
        try scratch.classes(["a", "b"], count: 2, side: 5)
        let dataset = try ImageDataset.classification(contentsOf: scratch.path)
        for (index, item) in dataset.items.enumerated() {
            let sample = try dataset.sample(at: index)
            #expect(try sample == Sample(dataset.image(of: item), label: index / 2))
            #expect(sample.image.width == 5)
        }
    }

    @Test("ImageDataset: pixels that do not count are Mask.ignore in a sample")
    func segmentationSamplesHaveMasks() throws {
        try scratch.image("images/1.png", width: 3, height: 2)
        try scratch.write(GrayPNG.encoded([0, 1, 9, 255, 9, 1], width: 3, height: 2), to: "masks/1.png")
        let dataset = try ImageDataset.segmentation(contentsOf: scratch.path, ignoring: [9])
        #expect(dataset.items[0].label == nil && dataset.classes == nil)
        let sample = try dataset.sample(at: 0)
        #expect(sample.label == nil && sample.masks.map(\.values) == [[0, 1, 255, 255, 255, 1]])
    }

    @Test("DecodedImages: a gray image has its level in all channels of a sample", arguments: [1 << 20, 0])
    func grayImagesBecomeRGBSamples(memoryLimit: Int) throws {
        try scratch.classes(["a", "b"], count: 1)
        let gray = Preprocessing(width: 4, height: 4, resize: .stretch, channels: .gray)
        let images = try ImageDataset.classification(contentsOf: scratch.path).decoded(
            for: gray, memoryLimit: memoryLimit)
        #expect(images.isInMemory == (memoryLimit > 0))
        let pixels = try images.sample(at: 1).image.pixels
        let levels = try gray.tensor(images.original(at: 1).image).values
        #expect(pixels == levels.flatMap { [UInt8](repeating: UInt8(clamping: ($0 * 255).rounded()), count: 3) })
    }

    @Test("ImageDataset: images without classes have no labels and are divided as one class")
    func unlabeledImagesHaveNoLabels() throws {
        let files = try (0..<10).map { try scratch.image("\($0).png", seed: UInt64($0)) }
        let images = try ImageDataset.unlabeled(files, of: scratch.path).decoded(for: Self.size)
        #expect(images.classes.isEmpty && images.counts.isEmpty)
        #expect(try images.split(holdout: 0.3, seed: 1).validation.count == 3)
        let loader = BatchLoader(
            images, items: Array(0..<10), batchSize: 4, preprocessing: Self.size, shuffles: false)
        let batches = try all(loader)
        #expect(batches.map(\.items.count) == [4, 4, 2] && batches.allSatisfy { $0.labels.isEmpty })
    }

    @Test("ImageDataset: images without classes of which none decodes are an error")
    func noImageAtAllIsAnError() throws {
        let files = [try scratch.write("no image", to: "1.png"), scratch.path + "/missing.png"]
        let error = #expect(throws: DatasetError.self) {
            try ImageDataset.unlabeled(files, of: scratch.path).decoded(for: Self.size)
        }
        #expect(error?.description.hasPrefix("\(scratch.path): no image can be decoded (of 2); the first: ") == true)
    }

    @Test("BatchLoader: a collation of any task gets the augmented samples with their labels")
    func collationsGetAugmentedSamples() throws {
        try scratch.classes(["a", "b", "c"], count: 3, side: 6)
        let images = try ImageDataset.classification(contentsOf: scratch.path).decoded(for: Self.size)
        let pipeline = try AugmentationRecipe("mirror@0.5,rotate=20,mosaic@0.3,mixup@0.3").pipeline
        let items = [8, 2, 5, 0]
        let loader = BatchLoader(
            images, items: items, batchSize: 3, collation: SampleCollation(), augmentation: pipeline, seed: 4,
            shuffles: false)
        let samples = try all(loader)
        #expect(samples.map(\.count) == [3, 1] && samples.joined().map(\.label) == [2, 0, 1, 0])
        // Each by the generator of its item, from the seed of the epoch.
        var random = SplitMix64(seed: 4, stream: 0)
        let seed = random.next()
        let expected = try items.map { item in
            var random = SplitMix64(seed: seed, stream: item)
            return pipeline(try images.sample(at: item), using: &random)
        }
        #expect(Array(samples.joined()) == expected)
        #expect(try expected != items.map { try images.sample(at: $0) })
    }

    /// Recorded, so that a change of the order, the augmentation or the normalization shows. All of it is exact on every
    /// machine: whole pixels, and one division for each level.
    @Test("BatchLoader: the bytes of batches stay the same from version to version")
    func bytesOfBatchesStayTheSame() throws {
        try scratch.classes(["a", "b"], count: 5, side: 6)
        let images = try ImageDataset.classification(contentsOf: scratch.path).decoded(for: Self.size)
        var preprocessing = Self.size
        (preprocessing.mean, preprocessing.std) = ([100, 110, 120], [64, 32, 16])
        let loader = BatchLoader(
            images, items: Array(0..<10), batchSize: 4, preprocessing: preprocessing,
            augmentation: try AugmentationRecipe("shift=0.34,mirror@0.5").pipeline, seed: 12, shuffles: true)
        let batches = try all(loader)
        #expect(batches.map(\.items) == [[0, 4, 7, 1], [2, 9, 6, 3]])
        let bytes = batches.flatMap {
            $0.images.values.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
            }
        }
        #expect(
            SHA256.hexDigest(of: bytes) == "ed6f413bc0af71483728c1bffeebbfc4189a18f74663a26e8f3fad80a3c4a24d")
    }
}
