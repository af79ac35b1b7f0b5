import CVTensor

/// Batch normalization, as `torch.nn.BatchNorm2d` (Ioffe & Szegedy 2015, arXiv:1502.03167).
///
/// x: [N, C, H, W] -> the same shape; weight (γ), bias (β), running_mean, running_var: [C].
///
/// Any other rank is a programmer's mistake and stops the program, as everywhere in this library: features [N, C] become
/// images of one pixel by `reshaped([n, c, 1, 1])`. In training each channel needs more than one value, N · H · W: with one,
/// the variance is 0, and the result is β whatever the input. `Trainer` refuses that, as PyTorch does.
///
/// On a tape in training it normalizes with the statistics of the batch and updates the running statistics;
/// otherwise it uses the running statistics.
public struct BatchNorm2d: Layer {
    /// γ, [C].
    public let weight: Parameter
    /// β, [C].
    public let bias: Parameter
    /// [C], not learned.
    public let runningMean: Parameter
    /// [C], not learned: the unbiased variance, as in PyTorch.
    public let runningVar: Parameter
    /// Added to the variance. PyTorch's default is 1e-5; darknet uses 1e-6.
    public let epsilon: Float
    /// The part of the batch's statistics in the new running ones.
    public let momentum: Float

    /// Declares the parameters and the running statistics.
    ///
    /// - Parameters:
    ///   - channels: of the input.
    ///   - epsilon: what is added to the variance.
    ///   - momentum: the part of the batch's statistics in the new running ones.
    ///   - p: the scope of the parameters.
    public init(_ channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1, _ p: ParameterScope) {
        weight = p.parameter("weight", shape: [channels], initialized: .ones)
        bias = p.parameter("bias", shape: [channels], initialized: .zeros)
        runningMean = p.buffer("running_mean", shape: [channels], initialized: .zeros)
        runningVar = p.buffer("running_var", shape: [channels], initialized: .ones)
        self.epsilon = epsilon
        self.momentum = momentum
    }

    /// Normalizes each channel.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: [N, C, H, W].
    /// - Precondition: x has four dimensions, and as many channels as this layer.
    public func callAsFunction(_ x: Tensor) -> Tensor { self(x, then: .linear) }

    /// Normalization fused with a residual sum and an activation: `activation(self(x) + residual)`.
    ///
    /// - Parameters:
    ///   - x: [N, C, H, W].
    ///   - residual: what is added, of the same shape; nil for nothing.
    ///   - activation: the last step.
    /// - Returns: the same shape.
    public func callAsFunction(_ x: Tensor, adding residual: Tensor? = nil, then activation: Activation) -> Tensor {
        let (gamma, beta) = (weight.value(on: x), bias.value(on: x))
        guard x.tape?.mode == .training else {
            let y = batchNorm(
                x, mean: runningMean.value(on: x), variance: runningVar.value(on: x), weight: gamma, bias: beta,
                epsilon: epsilon)
            return activation(residual.map { y + $0 } ?? y)
        }
        let (y, mean, variance) = batchNorm(
            x, weight: gamma, bias: beta, epsilon: epsilon, adding: residual, then: activation)
        move(runningMean, towards: mean)
        move(runningVar, towards: variance)
        return y
    }

    private func move(_ statistic: Parameter, towards batch: Tensor) {
        // Shapes alone have no statistics.
        if batch.isShapeOnly { return }
        statistic.value = statistic.value * (1 - momentum) + batch * momentum
    }

    /// The normalization of inference, to be folded into the convolution before it.
    var normalization: FusedConv2d.Normalization {
        FusedConv2d.Normalization(
            mean: runningMean.value, variance: runningVar.value, weight: weight.value, bias: bias.value,
            epsilon: epsilon)
    }
}
