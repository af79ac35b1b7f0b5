import CVCore
import CVDetection
import CVImage

/// A second network's word on what the first one is not sure of: a face, or the muzzle of a dog.
///
/// Networks that were trained in different ways err on different images.
struct FaceConfirmation: Sendable {
    private let detector: Detector

    /// Confidences from which on a face needs no confirmation, and below which it is not even looked at again.
    static let sure: Float = 0.85, doubtful: Float = 0.8

    /// The network that is asked: it takes hardly anything else for a face, but misses some.
    private static let model = "blazeface-full"
    /// The sides of what it looks at, in those of the face: nearly the face alone, where it must have eyes and a mouth, and its
    /// surroundings, where it must be the head of somebody.
    private static let margins: [Float] = [2, 6]
    /// What it must reach in the mean of both, and how far it must mean the same part of the image.
    private static let leastConfidence: Float = 0.25, leastOverlap: Float = 0.3
    /// Of what it looks at, in pixels.
    private static let side = 192

    /// Loads the network.
    ///
    /// - Throws: what `Detector` throws.
    init() throws { detector = try Detector(Self.model) }

    /// Whether the network finds a face at the same place.
    ///
    /// - Parameters:
    ///   - face: found by another network.
    ///   - image: that it was found in.
    /// - Returns: false if there is none.
    /// - Throws: `NonFiniteOutput`, `MemoryError`.
    func confirms(_ face: Face, in image: Image) throws -> Bool {
        var sum: Float = 0
        for margin in Self.margins { sum += try confidence(face, in: image, margin: margin) }
        return sum / Float(Self.margins.count) >= Self.leastConfidence
    }

    /// How sure the network is of a face there; 0 if it finds none.
    private func confidence(_ face: Face, in image: Image, margin: Float) throws -> Float {
        let scale = Double(Self.side) / Double(max(face.box.width, face.box.height) * margin)
        let map = AffineMap.translation(x: -Double(face.box.center.x), y: -Double(face.box.center.y))
            .then(.scale(x: scale, y: scale))
            .then(.translation(x: Double(Self.side) / 2, y: Double(Self.side) / 2))
        guard map.inverse != nil else { return 0 }
        let part = image.withoutAlpha().extracted(by: map, width: Self.side, height: Self.side, border: .fill(.black))
        var options = DetectionOptions()
        options.confidence = 0.05
        let expected = map.apply(face.box)
        let found = try detector.detect(part, options: options).filter {
            $0.box.intersectionOverUnion(with: expected) >= Self.leastOverlap
        }
        return found.map(\.confidence).max() ?? 0
    }
}
