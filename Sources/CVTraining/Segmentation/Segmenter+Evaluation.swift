import CVSegmentation

extension Segmenter {
    /// How well it does on pictures whose masks are known, each in its own size.
    ///
    /// - Parameters:
    ///   - items: places in `images.items`.
    ///   - progress: called with the pictures done.
    /// - Throws: what `progress` throws; `FileError` or `ImageError` for a file that has changed meanwhile.
    public func evaluate(
        _ images: SegmentationImages, items: [Int], progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> SegmentationMetrics {
        precondition(images.labels.names == labels.names, "classes \(images.labels.names) for \(labels.names)")
        var metrics = SegmentationMetrics(classes: labels.names)
        for (done, item) in items.enumerated() {
            let (image, mask) = try images.original(item)
            metrics.add(self(image).mask.values, mask)
            try progress(done + 1)
        }
        return metrics
    }
}
