import CVTensor

/// 2-D transposed convolution, as `torch.nn.ConvTranspose2d`.
///
/// x: [N, Cin, H, W] -> [N, Cout, Ho, Wo], Ho = (H - 1) · stride - 2 · padding + dilation · (kernel - 1) +
/// outputPadding + 1. weight: [Cin, Cout / groups, kernel, kernel], input channels first; bias: [Cout].
public struct ConvTranspose2d: Layer {
    /// [Cin, Cout / groups, kernel, kernel].
    public let weight: Parameter
    /// [Cout], or none.
    public let bias: Parameter?
    /// The geometry of the convolution whose gradient this is.
    public let geometry: ConvGeometry
    /// Additional rows at the bottom and columns on the right, fewer than the stride.
    public let outputPadding: Int

    /// A layer with a square window.
    ///
    /// - Parameters:
    ///   - cin: channels of the input.
    ///   - cout: channels of the result.
    ///   - kernel: height and width of the window.
    ///   - stride: upsampling factor.
    ///   - padding: pixels that are dropped on each side.
    ///   - outputPadding: additional rows at the bottom and columns on the right, fewer than the stride.
    ///   - dilation: from one tap to the next.
    ///   - groups: into how many parts the channels are divided.
    ///   - bias: whether a bias is added.
    ///   - initializer: of the weight, before training.
    ///   - p: the scope of the parameters.
    public init(
        _ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
        dilation: Int = 1, groups: Int = 1, bias: Bool = true,
        initialized initializer: Initializer = .pyTorchWeight, _ p: ParameterScope
    ) {
        geometry = ConvGeometry(kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups)
        self.outputPadding = outputPadding
        let shape: Shape = [cin, cout / groups, kernel, kernel]
        weight = p.parameter("weight", shape: shape, initialized: initializer)
        self.bias = bias ? p.parameter("bias", shape: [cout], initialized: .pyTorchBias(of: shape)) : nil
    }

    /// The transposed convolution of feature maps.
    ///
    /// - Parameter x: [N, Cin, H, W].
    /// - Returns: [N, Cout, Ho, Wo].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        convTranspose2d(
            x, weight.value(on: x), bias: bias?.value(on: x), geometry, outputPadding: (outputPadding, outputPadding))
    }
}
