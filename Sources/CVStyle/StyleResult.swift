import CVImage
import CVTensor

/// A step that was made.
public struct StyleStep: Sendable {
    /// Number of the scale, from 0, and how many there are.
    public let scale: Int, scales: Int
    /// Pixels at this scale.
    public let width: Int, height: Int
    /// At this scale, from 1, and how many will be made.
    public let step: Int, steps: Int
    /// Over all scales.
    public let made: Int
    /// Part of the work that is done, 0…1.
    public let progress: Double
    /// Before the change that the step made.
    public let losses: StyleLosses
    let stylized: @Sendable () -> Image

    /// The painting as it is now, at the size of this scale.
    public var image: Image { stylized() }
}

/// What came of a style transfer.
public struct StyleResult: Sendable {
    public struct Scale: Sendable {
        public let image: Image
        /// Of each step.
        public let losses: [StyleLosses]
        /// Why L-BFGS stopped; nil for Adam.
        public let reason: String?
    }

    /// At the size that was asked for, also if it was interrupted.
    public let image: Image
    /// The coarsest first.
    public let scales: [Scale]
    /// False if the observer ended it.
    public let isComplete: Bool

    public var losses: [StyleLosses] { scales.flatMap(\.losses) }
}
