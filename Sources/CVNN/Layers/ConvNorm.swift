import CVTensor

/// Convolution, batch normalization, the sum with a shortcut, activation: the building block of most networks, as
/// `torchvision.ops.Conv2dNormActivation`.
///
/// x: [N, Cin, H, W] -> `activation(bn(conv(x)) + residual)`, [N, Cout, Ho, Wo].
///
/// Without a tape all of it is fused into the convolution; on a tape the convolution is one
/// operation, and normalization, sum and activation another. The two agree up to rounding.
public struct ConvNorm: Layer {
    /// The convolution.
    public let conv: Conv2d
    /// nil without normalization.
    public let bn: BatchNorm2d?
    /// The last step, after the sum with a shortcut.
    public let activation: Activation

    /// A block of two layers, which keep their keys:
    ///
    /// ```swift
    /// conv1 = ConvNorm(
    ///     Conv2d(3, 64, kernel: 7, stride: 2, padding: 3, bias: false, p.scope("conv1")),
    ///     BatchNorm2d(64, p.scope("bn1")), .relu)
    /// ```
    ///
    /// - Parameters:
    ///   - conv: the convolution; it needs no bias if a normalization follows, which would subtract it again.
    ///   - bn: the normalization of its channels, or none.
    ///   - activation: the last step, after the sum with a shortcut.
    public init(_ conv: Conv2d, _ bn: BatchNorm2d?, _ activation: Activation) {
        (self.conv, self.bn, self.activation) = (conv, bn, activation)
    }

    /// A square window, padded so that a stride of 1 keeps the size, without bias.
    ///
    /// - Parameters:
    ///   - cin: channels of the input.
    ///   - cout: channels of the result.
    ///   - kernel: height and width of the window, an odd number.
    ///   - stride: steps of the window.
    ///   - groups: into how many parts the channels are divided; `cin` for a depthwise convolution.
    ///   - samePadding: whether the padding is TensorFlow's SAME, which differs where the stride is not 1.
    ///   - epsilon: added to the variance by the normalization.
    ///   - momentum: the part of the batch's statistics in the new running ones.
    ///   - activation: the last step.
    ///   - initializer: of the filters, before training.
    ///   - keys: of the two layers under `p`.
    ///   - p: the scope of the parameters.
    public init(
        _ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, groups: Int = 1, samePadding: Bool = false,
        epsilon: Float = 1e-5, momentum: Float = 0.1, _ activation: Activation,
        initialized initializer: Initializer = .heNormal(fan: .output),
        keys: (conv: String, bn: String) = ("0", "1"), _ p: ParameterScope
    ) {
        conv = Conv2d(
            cin, cout, kernel: kernel, stride: stride, padding: samePadding ? 0 : kernel / 2, groups: groups,
            samePadding: samePadding, bias: false, initialized: initializer, p.scope(keys.conv))
        bn = BatchNorm2d(cout, epsilon: epsilon, momentum: momentum, p.scope(keys.bn))
        self.activation = activation
    }

    /// The block without a shortcut.
    ///
    /// - Parameter x: [N, Cin, H, W].
    /// - Returns: [N, Cout, Ho, Wo].
    public func callAsFunction(_ x: Tensor) -> Tensor { self(x, adding: nil) }

    /// The block with a shortcut.
    ///
    /// - Parameters:
    ///   - x: [N, Cin, H, W].
    ///   - residual: what is added before the activation, [N, Cout, Ho, Wo]; nil for nothing.
    /// - Returns: [N, Cout, Ho, Wo].
    public func callAsFunction(_ x: Tensor, adding residual: Tensor?) -> Tensor {
        let isShapeOnly = Tensor.areShapeOnly(x, conv.weight.value, residual)
        guard x.tape == nil, residual?.tape == nil, !isShapeOnly else {
            if let bn { return bn(conv(x), adding: residual, then: activation) }
            return residual.map { activation(conv(x) + $0) } ?? activation(conv(x))
        }
        let fused = FusedConv2d(
            conv.weight.value, bias: conv.bias?.value, conv.geometry(over: x), bn?.normalization, activation)
        return fused(x, adding: residual)
    }
}
