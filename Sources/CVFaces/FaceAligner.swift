import CVCore
import CVImage
import Synchronization

/// Turns and scales images that show one face each, so that eyes, nose and mouth lie in the same place in all of them.
///
/// What a network for faces need not learn then: where the face stands in the image, how large it is, and how it is tilted.
///
/// ```swift
/// let aligner = try FaceAligner(.tight)
/// if let face = try aligner.aligned(Image(contentsOf: "a.jpg")) { try face.write(to: "a_aligned.png") }
/// ```
/// Immutable: many threads may use one at the same time.
public struct FaceAligner: Sendable {
    /// Finds the faces.
    public let detector: FaceDetector
    /// Where the points of a face come to lie.
    public let template: FaceTemplate

    /// Loads the network that finds faces.
    ///
    /// - Parameters:
    ///   - template: where the points of a face come to lie.
    ///   - detector: nil for `FaceDetector()`.
    /// - Throws: what `FaceDetector` throws.
    public init(_ template: FaceTemplate, detector: FaceDetector? = nil) throws {
        (self.template, self.detector) = (template, try detector ?? FaceDetector())
    }

    /// Less than what counts as a face elsewhere: here every image is said to show one.
    private static let lowestConfidence: Float = 0.3

    /// The largest face of an image, aligned.
    ///
    /// - Parameter image: of any size.
    /// - Returns: a square of the template's size; nil if no face is found.
    /// - Throws: `NonFiniteOutput` if the network computes NaN or infinity, `MemoryError` where there is too little memory.
    public func aligned(_ image: Image) throws -> Image? {
        var options = FaceDetectionOptions()
        options.fallbackConfidence = Self.lowestConfidence
        guard let face = try detector.detect(image, options: options).first else { return nil }
        return template.aligned(face, in: image)
    }
}

/// Aligns the images of a data set, and remembers those in which no face is found.
public final class FaceAlignment: Sendable {
    /// How faces are aligned.
    public let aligner: FaceAligner
    private let missed = Mutex<Set<String>>([])

    /// - Parameter aligner: how faces are aligned.
    public init(_ aligner: FaceAligner) { self.aligner = aligner }

    /// The names of the images in which no face was found so far; they stay as they are.
    public var withoutFace: [String] { missed.withLock { $0.sorted() } }

    /// An image of the set, aligned.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - name: of the image, for `withoutFace`.
    /// - Returns: the aligned face; the image itself if no face is found.
    /// - Throws: as `FaceAligner`.
    public func callAsFunction(_ image: Image, named name: String) throws -> Image {
        if let face = try aligner.aligned(image) { return face }
        missed.withLock { _ = $0.insert(name) }
        return image
    }
}
