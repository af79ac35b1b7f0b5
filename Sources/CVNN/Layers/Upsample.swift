import CVTensor

/// Upsampling by an integer factor, as `torch.nn.Upsample(scale_factor:mode:)`.
///
/// x: [N, C, H, W] -> [N, C, factor · H, factor · W].
public struct Upsample: Layer {
    /// The interpolation.
    public enum Mode: Sendable, Equatable {
        /// Nearest neighbor: each pixel is repeated.
        case nearest
        /// Bilinear; `alignCorners`: whether the centers, and not the corners, of the corner pixels of input and output
        /// coincide.
        case bilinear(alignCorners: Bool = false)
    }

    /// The factor of height and width.
    public let factor: Int
    /// The interpolation.
    public let mode: Mode

    /// Creates the layer.
    ///
    /// - Parameters:
    ///   - factor: the factor of height and width, above 0.
    ///   - mode: the interpolation.
    public init(_ factor: Int, mode: Mode = .nearest) {
        precondition(factor > 0, "Upsample: a factor of \(factor)")
        self.factor = factor
        self.mode = mode
    }

    /// Upsamples x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: [N, C, factor · H, factor · W].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        switch mode {
        case .nearest: upsampleNearest(x, factor: factor)
        case .bilinear(let alignCorners): upsampleBilinear(x, factor: factor, alignCorners: alignCorners)
        }
    }
}
