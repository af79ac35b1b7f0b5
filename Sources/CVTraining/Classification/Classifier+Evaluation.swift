import CVClassification
import CVModels
import CVTask
import CVTensor
import CVWeights

extension Classifier {
    /// Evaluates the classifier on images whose classes are known.
    ///
    /// - Parameters:
    ///   - images: decoded for `preprocessing`, with the classes of `labels`.
    ///   - items: indices of `images.items`.
    ///   - flip: whether the probabilities are averaged with those of the mirrored image.
    ///   - progress: called with the number of images done.
    /// - Returns: loss, accuracy and confusion matrix.
    /// - Throws: what `progress` throws; `FileError` or `ImageError` for a file that has changed meanwhile; `NonFiniteOutput`
    ///   with the name of the image from which the network computes NaN or infinity.
    public func evaluate(
        _ images: DecodedImages, items: [Int], flip: Bool = false, progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> ClassificationMetrics {
        precondition(images.classes == labels, "classes \(images.classes) for a classifier of \(labels)")
        let loader = BatchLoader(
            images, items: items, batchSize: evaluationBatch(network, preprocessing, atMost: 100),
            preprocessing: preprocessing, shuffles: false)
        var done = 0
        return try CVTraining.evaluate(
            { batch in
                defer { done += batch.shape[0] }
                do throws(NonFiniteOutput) {
                    return try flip ? flippedScore(batch) : logits(batch)
                } catch {
                    throw error.named(images.items[items[done + error.index]].name)
                }
            }, loader, classes: labels, progress: progress)
    }
}

/// How many images a network evaluates at a time: fewer where they are large, so that the results of its layers stay within
/// two gigabytes.
func evaluationBatch(_ network: any ClassifierNetwork, _ input: Preprocessing, atMost most: Int) -> Int {
    let shape: Shape = [1, input.channels.count, input.height, input.width]
    let bytes = MemoryEstimate(input: shape) { _ = network($0) }.peak
    return max(1, min(most, (2 << 30) / max(1, bytes)))
}

/// Runs a network on all images of a loader.
///
/// - Parameters:
///   - logits: from a batch [N, C, H, W] to [N, classes].
///   - loader: of images with labels.
///   - classes: the names of the classes.
///   - progress: called with the number of images done.
/// - Returns: loss, accuracy and confusion matrix.
/// - Throws: what `logits`, `progress` and the loader throw.
func evaluate(
    _ logits: (Tensor) throws -> Tensor, _ loader: BatchLoader<ImageCollation>, classes: [String],
    progress: (_ done: Int) throws -> Void = { _ in }
) throws -> ClassificationMetrics {
    var metrics = ClassificationMetrics(classes: classes)
    let stream = loader.batches()
    while let batch = try stream.next() {
        metrics.add(logits: try logits(batch.images), labels: batch.labels)
        try progress(metrics.count)
    }
    return metrics
}
