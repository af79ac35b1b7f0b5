import CVTensor

/// All but the batch in one dimension, as `torch.nn.Flatten`.
///
/// x: [N, C, H, W] -> [N, C · H · W], in the order of memory.
public struct Flatten: Layer {
    public init() {}

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let sizes = x.shape.dimensions
        return x.reshaped([sizes[0], sizes.dropFirst().reduce(1, *)])
    }
}
