import CVCore
import CVImage

extension StyleTransfer {
    /// Stylizes `content`, as the synchronous form, without blocking the thread of the calling task.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameters:
    ///   - content: what is shown.
    ///   - styles: how it is shown.
    ///   - options: size, steps and weights.
    ///   - observe: is called after each step, on the thread of the work; false ends it with what there is.
    /// - Returns: the image, and what the steps cost.
    /// - Throws: what the synchronous form and `observe` throw; `CancellationError` at the first step after the task is
    ///   canceled.
    public func stylize(
        _ content: Image, styles: [StyleSource], options: StyleOptions = StyleOptions(),
        observe: @escaping @Sendable (StyleStep) throws -> Bool = { _ in true }
    ) async throws -> StyleResult {
        try await BackgroundThreads.shared.run { isCanceled in
            try self(content, styles: styles, options: options) { step in
                if isCanceled() { throw CancellationError() }
                return try observe(step)
            }
        }
    }
}

extension FeedForwardStylizer {
    /// `image` in the styles of this stylizer, as the synchronous form, without holding up the calling task's thread.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameter image: of any size from `ImageTransformNet.minimumSide`.
    /// - Returns: an image of the same size.
    /// - Throws: `FastStyleError` as the synchronous form; `CancellationError` if the task is canceled before the work begins.
    public func stylize(_ image: Image) async throws -> Image {
        try await BackgroundThreads.shared.run { _ in try self(image) }
    }
}
