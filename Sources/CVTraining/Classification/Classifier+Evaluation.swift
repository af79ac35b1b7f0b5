import CVClassification
import CVTensor

extension Classifier {
    /// How well it does on pictures whose classes are known.
    ///
    /// - Parameters:
    ///   - items: places in `images.items`, which must have been decoded for `preprocessing`.
    ///   - flip: whether each picture is looked at mirrored, too, and the probabilities are averaged.
    ///   - progress: called with the pictures done.
    /// - Throws: what `progress` throws; `FileError` or `ImageError` for a file that has changed meanwhile.
    public func evaluate(
        _ images: DecodedImages, items: [Int], flip: Bool = false, progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> ClassificationMetrics {
        precondition(images.classes == labels, "classes \(images.classes) for a classifier of \(labels)")
        let loader = BatchLoader(
            images, items: items, batchSize: 100, preprocessing: preprocessing, shuffles: false)
        let score = flip ? flippedScore : logits
        return try CVTraining.evaluate(score, loader, classes: labels, progress: progress)
    }
}

/// Runs a network on all pictures of a loader.
///
/// logits: [N, classes] from a batch [N, C, H, W].
func evaluate(
    _ logits: (Tensor) -> Tensor, _ loader: BatchLoader, classes: [String],
    progress: (_ done: Int) throws -> Void = { _ in }
) throws -> ClassificationMetrics {
    var metrics = ClassificationMetrics(classes: classes)
    let stream = loader.batches()
    while let batch = try stream.next() {
        metrics.add(logits: logits(batch.images), labels: batch.labels)
        try progress(metrics.count)
    }
    return metrics
}
