import CVTensor

/// Squeeze-and-excitation, as `torchvision.ops.SqueezeExcitation` (Hu et al. 2017, arXiv:1709.01507): each channel weighed by
/// a small network that sees the means of all.
///
/// x: [N, C, H, W] -> the same shape. fc1: 1×1 convolution C -> squeeze; fc2: squeeze -> C.
public struct SqueezeExcitation: Layer {
    public let fc1: Conv2d
    public let fc2: Conv2d
    public let activation: Activation
    /// The last function, which makes the weights.
    public let gate: Activation

    public init(
        _ channels: Int, squeeze: Int, activation: Activation = .relu, gate: Activation = .sigmoid, _ p: ParameterScope
    ) {
        fc1 = Conv2d(channels, squeeze, kernel: 1, p.scope("fc1"))
        fc2 = Conv2d(squeeze, channels, kernel: 1, p.scope("fc2"))
        self.activation = activation
        self.gate = gate
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x * gate(fc2(activation(fc1(globalAveragePool2d(x)))))  // [N, C, H, W] · [N, C, 1, 1]
    }
}
