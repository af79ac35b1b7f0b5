import CVCore
import CVImage
import CVTask

/// Whether two images show the same person.
public struct FaceVerification: Sendable, Equatable, Codable {
    /// What came of it.
    public enum Outcome: String, Sendable, Codable, CaseIterable {
        /// The distance is at most the threshold.
        case same
        /// The distance is above the threshold.
        case different
        /// An image shows no face: nothing can be said.
        case noFace = "no face"
    }

    /// What came of it.
    public let outcome: Outcome
    /// The face in the first image; nil if it shows none.
    public let first: Face?
    /// The face in the second image; nil if it shows none.
    public let second: Face?
    /// Between the faces; nil without two.
    public let distance: Float?
    /// The largest distance of faces of one person, and where it comes from.
    public let threshold: FaceThreshold

    /// A verification.
    ///
    /// - Parameters:
    ///   - first: the face in the first image, or nil.
    ///   - second: the face in the second image, or nil.
    ///   - distance: between them; nil without two.
    ///   - threshold: the largest distance of faces of one person.
    public init(first: Face?, second: Face?, distance: Float?, threshold: FaceThreshold) {
        (self.first, self.second, self.distance, self.threshold) = (first, second, distance, threshold)
        outcome = distance.map { $0 <= threshold.distance ? .same : .different } ?? .noFace
    }
}

/// Compares the faces of two images.
///
/// ```swift
/// let result = try FaceVerifier().verify(Image(contentsOf: "a.jpg"), Image(contentsOf: "b.jpg"))
/// print(result.outcome, result.distance as Any)
/// ```
/// Two images that look alike are not one person, and a photograph of a photograph is not the person: see the limits that the
/// documentation of the weights states.
public struct FaceVerifier: Sendable {
    /// A face, with what it is compared by.
    public struct EmbeddedFace: Sendable, Equatable, Codable {
        /// Where it is.
        public let face: Face
        /// Its vector.
        public let embedding: FaceEmbedding
    }

    /// Finds the faces.
    public let detector: FaceDetector
    /// Makes their vectors.
    public let embedder: FaceEmbedder
    /// The largest distance of faces of one person.
    public var threshold: FaceThreshold
    /// How faces are looked for: a face that is hard to see counts where no other is found, and one may lie on its side.
    public var options: FaceDetectionOptions = {
        var options = FaceDetectionOptions()
        options.fallbackConfidence = 0.65
        options.searchesTurned = true
        return options
    }()

    /// A verifier of two networks.
    ///
    /// - Parameters:
    ///   - detector: finds the faces.
    ///   - embedder: makes their vectors.
    public init(_ detector: FaceDetector, _ embedder: FaceEmbedder) {
        (self.detector, self.embedder, threshold) = (detector, embedder, embedder.threshold)
    }

    /// A verifier of the default networks.
    ///
    /// - Throws: what `FaceDetector` and `FaceEmbedder` throw.
    public init() throws { self.init(try FaceDetector(), try FaceEmbedder()) }

    /// The faces of an image that can be compared, with their vectors.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - limit: how many at most.
    /// - Returns: the largest first.
    /// - Throws: what `FaceDetector.detect` and `FaceEmbedder.embed` throw.
    public func faces(in image: Image, limit: Int = .max) throws -> [EmbeddedFace] {
        var found: [EmbeddedFace] = []
        for face in try detector.detect(image, options: options) where found.count < limit {
            guard let embedding = try embedder.embed(face, in: image) else { continue }
            found.append(EmbeddedFace(face: face, embedding: embedding))
        }
        return found
    }

    /// Compares the largest face of each of two images.
    ///
    /// - Parameters:
    ///   - first: of any size.
    ///   - second: of any size.
    /// - Returns: the decision, or that an image shows no face.
    /// - Throws: what `FaceDetector.detect` and `FaceEmbedder.embed` throw.
    public func verify(_ first: Image, _ second: Image) throws -> FaceVerification {
        compare(try faces(in: first, limit: 1).first, try faces(in: second, limit: 1).first)
    }

    /// Compares two faces.
    ///
    /// - Parameters:
    ///   - first: as `faces(in:limit:)` returns it; nil for none.
    ///   - second: likewise.
    /// - Returns: the decision, or that there are not two faces.
    /// - Precondition: both embeddings are those of this verifier's network.
    public func compare(_ first: EmbeddedFace?, _ second: EmbeddedFace?) -> FaceVerification {
        var distance: Float?
        if let first, let second {
            do throws(FaceError) {
                distance = try first.embedding.distance(to: second.embedding)
            } catch {
                preconditionFailure(error.description)
            }
        }
        return FaceVerification(first: first?.face, second: second?.face, distance: distance, threshold: threshold)
    }
}
