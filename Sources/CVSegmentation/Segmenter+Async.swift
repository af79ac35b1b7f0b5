import CVCore
import CVImage

extension Segmenter {
    /// The class of each pixel, as the synchronous form computes it, without holding up the calling task's thread.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - scale: the size at which it goes through the network.
    /// - Returns: a map of the image's size.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func segment(_ image: Image, scale: Scale = .trained) async throws -> SegmentationMap {
        try await BackgroundThreads.shared.run { _ in try self(image, scale: scale) }
    }
}

extension PersonSegmenter {
    /// The matte of the persons in `image`, as the synchronous form gives it, without holding up the calling task's thread.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameter image: of any size.
    /// - Returns: a matte of the image's size; empty where there are no persons.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func matte(of image: Image) async throws -> Matte {
        try await BackgroundThreads.shared.run { _ in try self(image) }
    }
}
