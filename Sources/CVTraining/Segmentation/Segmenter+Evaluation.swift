import CVSegmentation

extension Segmenter {
    /// How well it does on pictures whose masks are known, each in its own size.
    ///
    /// - Parameters:
    ///   - items: places in `pictures.items`.
    ///   - progress: called with the pictures done.
    /// - Throws: what `progress` throws; `FileError` or `ImageError` for a file that has changed meanwhile.
    public func evaluate(
        _ pictures: SegmentationPictures, items: [Int], progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> SegmentationMetrics {
        precondition(pictures.labels.names == labels.names, "classes \(pictures.labels.names) for \(labels.names)")
        var metrics = SegmentationMetrics(classes: labels.names)
        for (done, item) in items.enumerated() {
            let (image, mask) = try pictures.original(item)
            metrics.add(self(image).mask.values, mask)
            try progress(done + 1)
        }
        return metrics
    }
}
