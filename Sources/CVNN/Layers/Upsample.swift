import CVTensor

/// A picture enlarged by a whole factor, as `torch.nn.Upsample(scale_factor:mode:)`.
///
/// x: [N, C, H, W] -> [N, C, factor · H, factor · W].
public struct Upsample: Layer {
    public enum Mode: Sendable, Equatable {
        case nearest
        /// alignCorners: whether the corner pixels' centres, and not the corners, of both pictures coincide.
        case bilinear(alignCorners: Bool = false)
    }

    public let factor: Int
    public let mode: Mode

    public init(_ factor: Int, mode: Mode = .nearest) {
        precondition(factor > 0, "Upsample: a factor of \(factor)")
        self.factor = factor
        self.mode = mode
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        switch mode {
        case .nearest: upsampleNearest(x, factor: factor)
        case .bilinear(let alignCorners): upsampleBilinear(x, factor: factor, alignCorners: alignCorners)
        }
    }
}
