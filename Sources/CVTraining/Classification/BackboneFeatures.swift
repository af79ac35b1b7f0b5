import CVClassification
import CVCore
import CVImage
import CVTensor

/// The features that a frozen backbone computes from images: computed once, and then all that the head is trained on.
///
/// Without a tape, so that normalization layers use their running statistics and do not move them.
package struct BackboneFeatures: Sendable {
    /// The shape of the features of one image, such as [1280].
    package let shape: Shape
    /// Indices of `DecodedImages.items`.
    package let items: [Int]
    private let labels: [Int]
    /// copies × items × shape.
    private let values: [Float]
    private let copies: Int

    /// The number of bytes of features that are kept, at most.
    package static let memoryLimit = 2 << 30

    /// - Parameters:
    ///   - backbone: from [N, C, H, W] to features [N, …].
    ///   - loader: of one copy of the images, in the order of its items.
    ///   - copies: the number of versions of each image, which differ if the loader augments.
    ///   - memoryLimit: bytes of features that may be kept.
    ///   - progress: called with the number of images done, of all copies.
    /// - Throws: `FeatureError` for more than `memoryLimit`, and what `progress` throws.
    package init(
        _ backbone: (Tensor) -> Tensor, _ loader: BatchLoader<ImageCollation>, copies: Int = 1,
        memoryLimit: Int = memoryLimit,
        progress: (_ done: Int) throws -> Void
    ) throws {
        items = loader.items
        self.copies = copies
        labels = items.compactMap { loader.images.items[$0].label }
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
                done += batch.items.count
                try progress(done)
            }
        }
        self.shape = shape
        self.values = values
    }

    /// The features of some images.
    ///
    /// - Parameters:
    ///   - rows: indices of `items`.
    ///   - copy: counted from 0; beyond the number of copies they are taken in turn.
    /// - Returns: features in place of images.
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

    /// Whole batches in another order every epoch, from a step on; the next copy of the images with each epoch.
    ///
    /// - Parameters:
    ///   - epoch: counted from 0.
    ///   - step: the first one, counted from 0.
    ///   - batchSize: the number of images in a batch.
    ///   - seed: of the order.
    /// - Returns: a function that returns the next batch, nil after the last.
    package func batches(epoch: Int, startingAt step: Int, batchSize: Int, seed: UInt64) -> () -> ImageBatch? {
        var random = SplitMix64(seed: seed, stream: epoch)
        let order = random.permutation(of: Array(items.indices))
        var start = step * batchSize
        return {
            guard start + batchSize <= order.count else { return nil }
            defer { start += batchSize }
            return batch(order[start..<start + batchSize], copy: epoch)
        }
    }

    /// Evaluates a head on the first copy.
    ///
    /// - Parameters:
    ///   - head: from features to logits [N, classes].
    ///   - classes: the names of the classes.
    /// - Returns: loss, accuracy and confusion matrix.
    package func evaluate(_ head: (Tensor) -> Tensor, classes: [String]) -> ClassificationMetrics {
        var metrics = ClassificationMetrics(classes: classes)
        for start in stride(from: 0, to: items.count, by: 250) {
            let batch = batch(start..<min(start + 250, items.count))
            metrics.add(logits: head(batch.images), labels: batch.labels)
        }
        return metrics
    }
}

/// The features need more memory than is allowed.
package struct FeatureError: ToolkitError, Equatable {
    /// The number of images, and of copies of each.
    package let images, copies: Int
    /// The shape of the features of one image.
    package let shape: Shape
    /// The number of bytes that are allowed.
    package let limit: Int

    /// The numbers, and what helps.
    package var description: String {
        "the features of \(pluralized(images, "image")) in \(copies == 1 ? "one copy" : "\(copies) copies") with \(shape.count) numbers each "
            + "need more than the \(limit >> 20) MiB that are kept; take fewer copies, smaller images, a network "
            + "with a narrower end, or train all of it"
    }
}

extension FeatureError {
    package var category: ErrorCategory { .limit }
}
