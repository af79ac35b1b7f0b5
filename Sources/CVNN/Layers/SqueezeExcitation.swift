import CVTensor

/// Squeeze-and-excitation, as `torchvision.ops.SqueezeExcitation` (Hu et al. 2017, arXiv:1709.01507): each channel weighted
/// by a small network whose input is the mean of every channel.
///
/// x: [N, C, H, W] -> the same shape. fc1: 1×1 convolution C -> squeeze; fc2: squeeze -> C.
public struct SqueezeExcitation: Layer {
    /// The 1×1 convolution to the squeezed channels.
    public let fc1: Conv2d
    /// The 1×1 convolution back to all channels.
    public let fc2: Conv2d
    /// The activation after `fc1`.
    public let activation: Activation
    /// The activation after `fc2`, whose results are the weights.
    public let gate: Activation

    /// Creates the layer and declares `fc1` and `fc2`.
    ///
    /// - Parameters:
    ///   - channels: the number of channels of the input.
    ///   - squeeze: the number of channels between the convolutions.
    ///   - activation: the activation after `fc1`.
    ///   - gate: the activation after `fc2`.
    ///   - p: the scope of the layer.
    public init(
        _ channels: Int, squeeze: Int, activation: Activation = .relu, gate: Activation = .sigmoid, _ p: ParameterScope
    ) {
        fc1 = Conv2d(channels, squeeze, kernel: 1, p.scope("fc1"))
        fc2 = Conv2d(squeeze, channels, kernel: 1, p.scope("fc2"))
        self.activation = activation
        self.gate = gate
    }

    /// Weights the channels of x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x * gate(fc2(activation(fc1(globalAveragePool2d(x)))))  // [N, C, H, W] · [N, C, 1, 1]
    }
}
