import CVTensor

/// Parametric ReLU, as `torch.nn.PReLU(channels)` (He et al. 2015, arXiv:1502.01852): x for x > 0, else slope · x, with a
/// slope for each channel that is learned.
///
/// x: [N, C, H, W] -> the same shape; weight: [C].
public struct PReLU: Layer {
    /// The slopes, [C].
    public let weight: Parameter

    /// Declares the slopes.
    ///
    /// - Parameters:
    ///   - channels: of the input.
    ///   - slope: before training; 0.25 as in PyTorch.
    ///   - p: the scope of the parameters.
    public init(_ channels: Int, slope: Float = 0.25, _ p: ParameterScope) {
        weight = p.parameter("weight", shape: [channels], initialized: .constant(slope))
    }

    /// Applies the function to every value.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: [N, C, H, W].
    public func callAsFunction(_ x: Tensor) -> Tensor { prelu(x, weight.value(on: x)) }
}
