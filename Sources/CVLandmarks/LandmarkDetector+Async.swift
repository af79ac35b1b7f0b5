import CVCore
import CVImage
import CVTask

extension LandmarkDetector {
    /// The landmarks of the one object of an image, as the synchronous `detect` finds them, without holding up the calling task's
    /// thread.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - options: how thorough the search is.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func detect(_ image: Image, options: LandmarkOptions = LandmarkOptions()) async throws -> Landmarks {
        try await BackgroundThreads.shared.run { _ in try self.detect(image, options: options) }
    }

    /// The landmarks of an object in its box, as the synchronous form finds them, without holding up the calling task's thread.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - box: around the object, in pixels of the image.
    ///   - degrees: by how much the object is turned counterclockwise, if that is known.
    ///   - options: how thorough the search is.
    /// - Returns: the landmarks in pixels of the image.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func detect(
        _ image: Image, in box: Box, degrees: Double = 0, options: LandmarkOptions = LandmarkOptions()
    ) async throws -> Landmarks {
        try await BackgroundThreads.shared.run { _ in
            try self.detect(image, in: box, degrees: degrees, options: options)
        }
    }
}
