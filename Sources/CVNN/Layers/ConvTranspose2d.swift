import CVTensor

/// 2-D transposed convolution, as `torch.nn.ConvTranspose2d`.
///
/// x: [N, Cin, H, W] -> [N, Cout, Ho, Wo], Ho = (H - 1) · stride - 2 · padding + dilation · (kernel - 1) + outputPadding + 1.
/// weight: [Cin, Cout / groups, kernel, kernel], input channels first; bias: [Cout].
public struct ConvTranspose2d: Layer {
    public let weight: Parameter
    public let bias: Parameter?
    public let geometry: ConvGeometry
    /// Rows and columns more at the bottom and on the right, fewer than the stride.
    public let outputPadding: Int

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

    public func callAsFunction(_ x: Tensor) -> Tensor {
        convTranspose2d(
            x, weight.value(on: x), bias: bias?.value(on: x), geometry, outputPadding: (outputPadding, outputPadding))
    }
}
