import CVTensor

/// 2-D convolution (cross-correlation), as `torch.nn.Conv2d`.
///
/// x: [N, Cin, H, W] -> y: [N, Cout, Ho, Wo], Ho = (H + 2 · padding - dilation · (kernel - 1) - 1) / stride + 1.
/// weight: [Cout, Cin / groups, kernel, kernel]; bias: [Cout].
public struct Conv2d: Layer {
    public let weight: Parameter
    public let bias: Parameter?
    public let geometry: ConvGeometry
    /// Whether the padding is TensorFlow's SAME, which depends on the picture's size: Ho = ⌈H / stride⌉.
    public let padsToSame: Bool

    public init(
        _ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1,
        samePadding: Bool = false, bias: Bool = true, initialized initializer: Initializer = .pyTorchWeight,
        _ p: ParameterScope
    ) {
        precondition(!samePadding || padding == 0, "Conv2d: a padding of \(padding) and the padding SAME")
        padsToSame = samePadding
        geometry = ConvGeometry(kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups)
        let shape: Shape = [cout, cin / groups, kernel, kernel]
        weight = p.parameter("weight", shape: shape, initialized: initializer)
        self.bias = bias ? p.parameter("bias", shape: [cout], initialized: .pyTorchBias(of: shape)) : nil
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        conv2d(x, weight.value(on: x), bias: bias?.value(on: x), geometry(over: x))
    }

    /// How the window moves over x.
    public func geometry(over x: Tensor) -> ConvGeometry {
        padsToSame ? geometry.paddedToSame(height: x.shape[2], width: x.shape[3]) : geometry
    }
}
