import CVDetection
import CVImage

/// Whether there are persons in a picture, and where.
///
/// A detector that was made for whole scenes is not sure of a face that fills the picture: it gives the astronaut of the
/// samples 10 %. So a person is believed from 5 % on, unless the same place is an animal with more right: among the samples
/// without persons that leaves none.
struct PersonFinder {
    let detector: Detector

    private static let confidence: Float = 0.05
    private static let animals: Set<String> = [
        "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "teddy bear",
    ]

    func callAsFunction(_ image: Image) -> [Box] {
        var options = DetectionOptions()
        options.confidence = Self.confidence
        options.classes = Set(
            detector.labels.enumerated().filter { $1 == "person" || Self.animals.contains($1) }.map(\.offset))
        let found = detector.detect(image, options: options)
        let animals = found.filter { $0.label != "person" }
        return found.filter { candidate in
            candidate.label == "person"
                && !animals.contains { $0.confidence > candidate.confidence && $0.box.covers(candidate.box) }
        }.map(\.box)
    }
}

extension Box {
    /// Whether most of `other` lies in it.
    fileprivate func covers(_ other: Box) -> Bool {
        let width = min(maxX, other.maxX) - max(minX, other.minX)
        let height = min(maxY, other.maxY) - max(minY, other.minY)
        return width > 0 && height > 0 && width * height > 0.7 * other.area
    }
}
