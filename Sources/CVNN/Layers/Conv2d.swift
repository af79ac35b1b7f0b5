import CVTensor

/// 2-D convolution (cross-correlation), as `torch.nn.Conv2d`.
///
/// x: [N, Cin, H, W] -> y: [N, Cout, Ho, Wo], Ho = (H + 2 · padding - dilation · (kernel - 1) - 1) / stride + 1.
/// weight: [Cout, Cin / groups, kernel, kernel]; bias: [Cout].
public struct Conv2d: Layer {
    /// [Cout, Cin / groups, kernel, kernel].
    public let weight: Parameter
    /// [Cout], or none.
    public let bias: Parameter?
    /// How the window moves; with `padsToSame` its padding is replaced.
    public let geometry: ConvGeometry
    /// Whether the padding is TensorFlow's SAME, which depends on the image's size: Ho = ⌈H / stride⌉.
    public let padsToSame: Bool

    /// A layer with a square window.
    ///
    /// - Parameters:
    ///   - cin: channels of the input.
    ///   - cout: channels of the result.
    ///   - kernel: height and width of the window.
    ///   - stride: from one position of the window to the next.
    ///   - padding: zeros on each side.
    ///   - dilation: from one tap to the next.
    ///   - groups: into how many parts the channels are divided.
    ///   - samePadding: whether the padding is TensorFlow's SAME.
    ///   - bias: whether a bias is added.
    ///   - initializer: of the weight, before training.
    ///   - p: the scope of the parameters.
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

    /// A layer with a window of any geometry: weight is [Cout, Cin / groups, kernel height, kernel width].
    ///
    /// - Parameters:
    ///   - cin: channels of the input.
    ///   - cout: channels of the result.
    ///   - geometry: how the window moves.
    ///   - samePadding: whether the padding is TensorFlow's SAME.
    ///   - bias: whether a bias is added.
    ///   - initializer: of the weight, before training.
    ///   - p: the scope of the parameters.
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

    /// A 1×1 convolution of parameters that were declared before, whose initial values may be unusual.
    ///
    /// - Parameters:
    ///   - weight: [Cout, Cin, 1, 1].
    ///   - bias: [Cout].
    package init(weight: Parameter, bias: Parameter) {
        (self.weight, self.bias) = (weight, bias)
        (geometry, padsToSame) = (ConvGeometry(kernel: 1), false)
    }

    /// The convolution of images or feature maps.
    ///
    /// - Parameter x: [N, Cin, H, W].
    /// - Returns: [N, Cout, Ho, Wo].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        conv2d(x, weight.value(on: x), bias: bias?.value(on: x), geometry(over: x))
    }

    /// How the window moves over x.
    ///
    /// - Parameter x: [N, Cin, H, W].
    /// - Returns: `geometry`, with the padding for the size of x.
    public func geometry(over x: Tensor) -> ConvGeometry {
        padsToSame ? geometry.paddedToSame(height: x.shape[2], width: x.shape[3]) : geometry
    }
}
