import CVCore
import CVImage
import CVTask
import CVTensor

/// A mini-batch of pictures and the classes of their pixels, ready for a network.
public struct SegmentationBatch: Sendable {
    /// [N, 3, H, W], normalised.
    public let images: Tensor
    /// N · H · W numbers of classes, row-major; `Mask.ignore` does not count.
    public let classes: [Int]
}

/// Makes mini-batches: shuffles, augments, cuts and normalises, ahead of the step that uses them.
///
/// What a batch holds depends on the seed, the epoch and the step alone, as with `BatchLoader`.
package struct SegmentationLoader: Sendable {
    let images: SegmentationImages
    /// Places in `images.items`.
    let items: [Int]
    let batchSize: Int
    let levels: LevelTable
    /// What it makes of a picture is what the batch holds; it gives all the same size.
    let augmentation: Augment.Pipeline
    let seed: UInt64
    private static let ahead = 3

    package init(
        images: SegmentationImages, items: [Int], batchSize: Int, levels: LevelTable,
        augmentation: Augment.Pipeline, seed: UInt64
    ) {
        (self.images, self.items, self.batchSize) = (images, items, batchSize)
        (self.levels, self.augmentation, self.seed) = (levels, augmentation, seed)
    }

    /// Whole batches of an epoch.
    var steps: Int { items.count / batchSize }

    /// The batches of an epoch from a step on, both counted from 0, in an order of its own.
    package func batches(epoch: Int, startingAt step: Int) -> BatchStream<SegmentationBatch> {
        var random = SplitMix64(seed: seed, stream: epoch)
        let itemSeed = random.next()
        let order = BatchLoader.shuffled(items, using: &random)
        return BatchStream(steps: min(step, steps)..<steps, ahead: Self.ahead, workers: 1) { step, stop in
            try Parallel.onThisThread {
                try batch(order[step * batchSize..<(step + 1) * batchSize], seed: itemSeed, stop)
            }
        }
    }

    private func batch(
        _ items: ArraySlice<Int>, seed: UInt64, _ stop: BatchStream<SegmentationBatch>.Stop
    ) throws -> SegmentationBatch {
        var (samples, classes): ([Sample], [Int]) = ([], [])
        for item in items {
            // Nobody will look at the batch.
            if stop.isSet { throw CancellationError() }
            var random = SplitMix64(seed: seed, stream: item)
            let sample = augmentation(try images.sample(item), using: &random)
            samples.append(sample)
            classes += sample.masks[0].values.lazy.map { Int($0) }
        }
        let (width, height) = (samples[0].image.width, samples[0].image.height)
        let inputs = Tensor(shape: [samples.count, 3, height, width]) { values in
            for (position, sample) in samples.enumerated() {
                let count = 3 * height * width
                let image = UnsafeMutableBufferPointer(rebasing: values[position * count..<(position + 1) * count])
                sample.image.pixels.withUnsafeBufferPointer { levels.normalize($0, into: image) }
            }
        }
        return SegmentationBatch(images: inputs, classes: classes)
    }
}
