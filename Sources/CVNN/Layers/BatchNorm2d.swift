import CVTensor

/// Batch normalisation, as `torch.nn.BatchNorm2d` in inference (Ioffe & Szegedy 2015, arXiv:1502.03167).
///
/// x: [N, C, H, W] -> the same shape; weight (γ), bias (β), running_mean, running_var: [C].
public struct BatchNorm2d: Layer {
    public let weight: Parameter
    public let bias: Parameter
    public let runningMean: Parameter
    public let runningVar: Parameter
    /// Added to the variance. PyTorch's default is 1e-5; darknet uses 1e-6.
    public let epsilon: Float

    public init(_ channels: Int, epsilon: Float = 1e-5, _ p: ParameterScope) {
        weight = p.parameter("weight", shape: [channels])
        bias = p.parameter("bias", shape: [channels])
        runningMean = p.parameter("running_mean", shape: [channels])
        runningVar = p.parameter("running_var", shape: [channels])
        self.epsilon = epsilon
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        batchNorm(
            x, mean: runningMean.value, variance: runningVar.value, weight: weight.value, bias: bias.value,
            epsilon: epsilon)
    }

    /// This layer and an activation as the end of the convolution before it, for inference.
    public func epilogue(_ activation: Activation) -> ConvEpilogue {
        ConvEpilogue(
            mean: runningMean.value, variance: runningVar.value, weight: weight.value, bias: bias.value,
            epsilon: epsilon, activation)
    }
}
