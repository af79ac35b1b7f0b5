import CVImage
import CVTensor

/// The state after a step of the optimization, for an observer.
///
/// Not `Codable`: its image is made when it is asked for. The losses are.
public struct StyleStep: Sendable {
    /// The index of the scale, from 0, and the number of scales.
    public let scale: Int, scales: Int
    /// The size of the image at this scale, in pixels.
    public let width: Int, height: Int
    /// The number of the step at this scale, from 1, and the number of steps of this scale.
    public let step: Int, steps: Int
    /// The number of steps so far, over all scales.
    public let made: Int
    /// The fraction of the work that is done, 0…1.
    public let progress: Double
    /// The losses before the update of this step.
    public let losses: StyleLosses
    let stylized: @Sendable () -> Image

    /// The result so far, at the size of this scale.
    public var image: Image { stylized() }
}

/// The result of a style transfer.
///
/// Not `Codable`, for the images in it: those are written as image files. The losses are.
public struct StyleResult: Sendable, Equatable {
    /// The result of a scale.
    public struct Scale: Sendable, Equatable {
        /// The image at the end of the scale.
        public let image: Image
        /// The losses of each step.
        public let losses: [StyleLosses]
        /// Why L-BFGS stopped; nil for Adam.
        public let reason: String?
    }

    /// The stylized image at the requested size, also after an early stop.
    public let image: Image
    /// The scales, the coarsest first.
    public let scales: [Scale]
    /// Whether all steps were made; false if the observer stopped the optimization.
    public let isComplete: Bool

    /// The losses of all steps.
    public var losses: [StyleLosses] { scales.flatMap(\.losses) }
}
