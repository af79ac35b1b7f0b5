import CVCore
import CVImage

extension Detector {
    /// The objects in `image`, as the synchronous `detect` finds them, without holding up the calling task's thread.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - options: what to report; nil for `defaultOptions`.
    /// - Returns: the most confident first.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func detect(_ image: Image, options: DetectionOptions? = nil) async throws -> [Detection] {
        try await BackgroundThreads.shared.run { _ in try self.detect(image, options: options) }
    }
}
