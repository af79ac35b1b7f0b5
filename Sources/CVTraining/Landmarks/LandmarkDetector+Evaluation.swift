import CVCore
import CVImage
import CVLandmarks
import CVTask
import CVWeights

extension LandmarkDataset {
    /// Decodes all images, in parallel, and resizes them to somewhat more than the side of the network's input, since crops
    /// show parts of them.
    ///
    /// - Parameters:
    ///   - side: of the network's input, in pixels.
    ///   - memoryLimit: bytes of images that may be kept; 0 to evaluate, which needs each in its own size.
    ///   - progress: called on any thread, one call at a time, with the number of images done and of all.
    /// - Returns: the images that decode.
    /// - Throws: `DatasetError` if none does.
    public func decoded(
        side: Int, memoryLimit: Int = 1 << 30, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(DatasetError) -> DecodedImages {
        let larger = side * Self.margin.numerator / Self.margin.denominator
        return try images.decoded(
            for: Preprocessing(width: larger, height: larger, resize: .stretch), memoryLimit: memoryLimit,
            progress: progress)
    }

    private static let margin = (numerator: 5, denominator: 4)
}

extension LandmarkDetector {
    /// Evaluates the detector on images whose landmarks are known, each in its own size.
    ///
    /// - Parameters:
    ///   - images: with as many points as the scheme has.
    ///   - items: indices of `images.items`.
    ///   - options: how thorough the search is.
    ///   - find: finds the landmarks of the object of an image; nil for `detect`.
    ///   - progress: called with the number of images done.
    /// - Returns: the errors of all images.
    /// - Throws: what `find` and `progress` throw; `FileError` or `ImageError` for a file that has changed meanwhile; `NonFiniteOutput`
    ///   with the name of the image from which the network computes NaN or infinity.
    public func evaluate(
        _ images: DecodedImages, items: [Int], options: LandmarkOptions = LandmarkOptions(),
        find: ((_ image: Image) throws -> Landmarks)? = nil,
        progress: (_ done: Int) throws -> Void = { _ in }
    ) throws -> LandmarkMetrics {
        var metrics = LandmarkMetrics(scheme: scheme)
        for (done, item) in items.enumerated() {
            let (name, landmarks) = (images.items[item].name, images.items[item].landmarks)
            let image = try images.original(at: item).image
            do {
                let found = try find.map { try $0(image) } ?? detect(image, options: options)
                metrics.add(found, truth: landmarks, image: name)
            } catch let error as NonFiniteOutput {
                throw error.named(name)
            }
            try progress(done + 1)
        }
        return metrics
    }
}
