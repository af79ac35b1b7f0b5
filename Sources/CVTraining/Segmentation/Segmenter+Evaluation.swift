import CVSegmentation

extension Segmenter {
    /// Evaluates the segmenter on images whose masks are known, each in its own size.
    ///
    /// - Parameters:
    ///   - images: with the classes of `labels`.
    ///   - items: indices of `images.items`.
    ///   - progress: called with the number of images done.
    /// - Returns: IoU of each class and the confusion matrix, over all pixels that count.
    /// - Throws: what `progress` throws; `FileError` or `ImageError` for a file that has changed meanwhile.
    public func evaluate(
        _ images: SegmentationImages, items: [Int], progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> SegmentationMetrics {
        precondition(images.labels.names == labels.names, "classes \(images.labels.names) for \(labels.names)")
        var metrics = SegmentationMetrics(classes: labels.names)
        for (done, item) in items.enumerated() {
            let sample = try images.decoded.original(at: item)
            metrics.add(self(sample.image).mask.values, sample.masks[0])
            try progress(done + 1)
        }
        return metrics
    }
}
