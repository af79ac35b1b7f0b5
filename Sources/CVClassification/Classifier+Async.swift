import CVCore
import CVImage

extension Classifier {
    /// The classes of `image`, as the synchronous form computes them, without holding up the calling task's thread.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - top: how many classes.
    ///   - views: which parts of the image count.
    /// - Returns: the most probable first.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func classify(
        _ image: Image, top: Int = 5, views: ImageViews = .whole
    ) async throws -> [Classification] {
        try await BackgroundThreads.shared.run { _ in try self(image, top: top, views: views) }
    }

    /// The classes of several images, which go through the network together.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameters:
    ///   - images: of any sizes.
    ///   - top: how many classes of each.
    ///   - views: which parts of an image count.
    /// - Returns: for each image, the most probable class first.
    /// - Throws: `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func classify(
        _ images: [Image], top: Int = 5, views: ImageViews = .whole
    ) async throws -> [[Classification]] {
        try await BackgroundThreads.shared.run { _ in try self(images, top: top, views: views) }
    }

    /// Where the network sees a class in an image: Grad-CAM, as the synchronous form.
    ///
    /// The work runs on a thread outside Swift's cooperative pool, which goes on with other tasks. Of many calls, as many
    /// run at a time as there are cores.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - index: into `labels`; nil for the most probable class.
    ///   - layer: one of `layers`, or a block of them; nil for the last feature maps.
    /// - Returns: the map.
    /// - Throws: `LayerError` or `NonFiniteOutput`; `CancellationError` if the task is canceled before the work begins.
    public func classActivation(
        of image: Image, class index: Int? = nil, layer: String? = nil
    ) async throws -> ClassActivationMap {
        try await BackgroundThreads.shared.run { _ in
            try self.classActivation(of: image, class: index, layer: layer)
        }
    }
}
