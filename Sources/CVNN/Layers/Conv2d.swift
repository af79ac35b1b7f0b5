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
        let geometry = ConvGeometry(
            kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups)
        self.init(cin, cout, geometry, samePadding: samePadding, bias: bias, initialized: initializer, p)
    }

    /// With another window than a square: weight is [Cout, Cin / groups, kernel height, kernel width].
    public init(
        _ cin: Int, _ cout: Int, _ geometry: ConvGeometry, samePadding: Bool = false, bias: Bool = true,
        initialized initializer: Initializer = .pyTorchWeight, _ p: ParameterScope
    ) {
        self.geometry = geometry
        padsToSame = samePadding
        let shape: Shape = [cout, cin / geometry.groups, geometry.y.kernel, geometry.x.kernel]
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
