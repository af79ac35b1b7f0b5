import CVCore
import CVImage

extension FaceDetector {
    /// The faces in `image`, as the synchronous `detect` finds them, without holding up the calling task's thread.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - options: what to report.
    /// - Returns: the faces, the largest first.
    /// - Throws: what the synchronous form throws; `CancellationError` if the task is canceled before the work begins.
    public func detect(_ image: Image, options: FaceDetectionOptions = .init()) async throws -> [Face] {
        try await BackgroundThreads.shared.run { _ in try self.detect(image, options: options) }
    }
}

extension FaceEmbedder {
    /// The embedding of a face, as the synchronous `embed` makes it, without holding up the calling task's thread.
    ///
    /// - Parameters:
    ///   - face: in pixels of `image`.
    ///   - image: of any size.
    /// - Returns: nil for a face that cannot be aligned.
    /// - Throws: what the synchronous form throws; `CancellationError` if the task is canceled before the work begins.
    public func embed(_ face: Face, in image: Image) async throws -> FaceEmbedding? {
        try await BackgroundThreads.shared.run { _ in try self.embed(face, in: image) }
    }
}

extension FaceVerifier {
    /// Compares the largest face of each of two images, as the synchronous `verify` does, without holding up the calling
    /// task's thread.
    ///
    /// - Parameters:
    ///   - first: of any size.
    ///   - second: of any size.
    /// - Returns: the decision, or that an image shows no face.
    /// - Throws: what the synchronous form throws; `CancellationError` if the task is canceled before the work begins.
    public func verify(_ first: Image, _ second: Image) async throws -> FaceVerification {
        try await BackgroundThreads.shared.run { _ in try self.verify(first, second) }
    }
}
