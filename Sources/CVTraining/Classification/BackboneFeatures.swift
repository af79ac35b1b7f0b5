import CVClassification
import CVCore
import CVImage
import CVTensor

/// What a frozen backbone makes of pictures: computed once, and then all that the head is trained on.
///
/// Without a tape, so that normalisations use their running statistics and do not move them.
package struct BackboneFeatures: Sendable {
    /// Those of one picture, such as [1280].
    package let shape: Shape
    /// Places in `DecodedImages.items`.
    package let items: [Int]
    private let labels: [Int]
    /// copies × items × shape.
    private let values: [Float]
    private let copies: Int

    /// Bytes of features that are kept, at most.
    package static let memoryLimit = 2 << 30

    /// - Parameters:
    ///   - loader: of one copy of the pictures, in the order of its items.
    ///   - copies: versions of each picture, which differ where the loader augments.
    ///   - progress: called with the pictures done, of all copies.
    /// - Throws: `FeatureError` for more than `memoryLimit`, and what `progress` throws.
    package init(
        _ backbone: (Tensor) -> Tensor, _ loader: BatchLoader, copies: Int = 1, memoryLimit: Int = memoryLimit,
        progress: (_ done: Int) throws -> Void
    ) throws {
        items = loader.items
        self.copies = copies
        labels = items.map { loader.images.items[$0].label }
        let count = items.count * copies
        var shape = Shape([0])
        var values: [Float] = []
        var done = 0
        for copy in 0..<copies {
            let stream = loader.batches(epoch: copy)
            while let batch = try stream.next() {
                let features = backbone(batch.images)
                if values.isEmpty {
                    shape = Shape(Array(features.shape.dimensions.dropFirst()))
                    let (bytes, overflows) = count.multipliedReportingOverflow(
                        by: shape.count * MemoryLayout<Float>.stride)
                    guard !overflows, bytes <= memoryLimit else {
                        throw FeatureError(images: items.count, copies: copies, shape: shape, limit: memoryLimit)
                    }
                    values.reserveCapacity(count * shape.count)
                }
                features.withValues { values.append(contentsOf: $0) }
                done += batch.labels.count
                try progress(done)
            }
        }
        self.shape = shape
        self.values = values
    }

    /// rows: places in `items`. copy: from 0; any number, they come in turn.
    package func batch(_ rows: some Collection<Int>, copy: Int = 0) -> ImageBatch {
        let size = shape.count
        let first = copy % copies * items.count
        let features = Tensor(shape: Shape([rows.count] + shape.dimensions)) { target in
            values.withUnsafeBufferPointer { values in
                for (position, row) in rows.enumerated() {
                    (target.baseAddress! + position * size).update(
                        from: values.baseAddress! + (first + row) * size, count: size)
                }
            }
        }
        return ImageBatch(images: features, labels: rows.map { labels[$0] }, items: rows.map { items[$0] })
    }

    /// Whole batches in another order every epoch, from a step on; the next copy of the pictures with each epoch.
    package func batches(epoch: Int, startingAt step: Int, batchSize: Int, seed: UInt64) -> () -> ImageBatch? {
        var random = SplitMix64(seed: seed, stream: epoch)
        let order = BatchLoader.shuffled(Array(items.indices), using: &random)
        var start = step * batchSize
        return {
            guard start + batchSize <= order.count else { return nil }
            defer { start += batchSize }
            return batch(order[start..<start + batchSize], copy: epoch)
        }
    }

    /// How well a head does on them.
    package func evaluate(_ head: (Tensor) -> Tensor, classes: [String]) -> ClassificationMetrics {
        var metrics = ClassificationMetrics(classes: classes)
        for start in stride(from: 0, to: items.count, by: 250) {
            let batch = batch(start..<min(start + 250, items.count))
            metrics.add(logits: head(batch.images), labels: batch.labels)
        }
        return metrics
    }
}

/// More features than memory is taken for.
package struct FeatureError: ToolkitError, Equatable {
    package let images, copies: Int
    package let shape: Shape
    package let limit: Int

    package var description: String {
        "the features of \(pluralized(images, "picture")) in \(copies == 1 ? "one copy" : "\(copies) copies") with \(shape.count) numbers each "
            + "need more than the \(limit >> 20) MiB that are kept; take fewer copies, smaller pictures, a network "
            + "with a narrower end, or train all of it"
    }
}

extension FeatureError {
    package var category: ErrorCategory { .limit }
}
