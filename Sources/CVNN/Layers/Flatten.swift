import CVTensor

/// Flattens all dimensions but the batch, as `torch.nn.Flatten`.
///
/// x: [N, C, H, W] -> [N, C · H · W], row-major.
public struct Flatten: Layer {
    /// Creates the layer.
    public init() {}

    /// Flattens x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: [N, C · H · W].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let sizes = x.shape.dimensions
        return x.reshaped([sizes[0], sizes.dropFirst().reduce(1, *)])
    }
}
