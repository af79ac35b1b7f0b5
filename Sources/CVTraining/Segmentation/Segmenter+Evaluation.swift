import CVSegmentation
import CVTask

extension Segmenter {
    /// Evaluates the segmenter on images whose masks are known, each in its own size.
    ///
    /// - Parameters:
    ///   - images: with the classes of `labels`.
    ///   - items: indices of `images.items`.
    ///   - progress: called with the number of images done.
    /// - Returns: IoU of each class and the confusion matrix, over all pixels that count.
    /// - Throws: what `progress` throws; `FileError` or `ImageError` for a file that has changed meanwhile; `NonFiniteOutput`
    ///   with the name of the image from which the network computes NaN or infinity.
    public func evaluate(
        _ images: SegmentationImages, items: [Int], progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> SegmentationMetrics {
        precondition(images.labels.names == labels.names, "classes \(images.labels.names) for \(labels.names)")
        var metrics = SegmentationMetrics(classes: labels.names)
        for (done, item) in items.enumerated() {
            let sample = try images.decoded.original(at: item)
            do throws(NonFiniteOutput) {
                metrics.add(try self(sample.image).mask.values, sample.masks[0])
            } catch {
                throw error.named(images.items[item].name)
            }
            try progress(done + 1)
        }
        return metrics
    }
}
