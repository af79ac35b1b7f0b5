import CVTensor

/// The maximum of each window, as `torch.nn.MaxPool2d`.
///
/// x: [N, C, H, W] -> [N, C, Ho, Wo], Ho = (H + 2 · padding - kernel) / stride + 1, rounded down, or up with `ceilMode`.
public struct MaxPool2d: Layer {
    /// Kernel, stride and padding.
    public let geometry: ConvGeometry
    /// Whether the output size is rounded up.
    public let ceilMode: Bool

    /// Creates the layer.
    ///
    /// - Parameters:
    ///   - kernel: the side of the window.
    ///   - stride: the stride; nil for that of the kernel, so that windows do not overlap.
    ///   - padding: the padding at each side, with -∞.
    ///   - ceilMode: whether the output size is rounded up.
    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0, ceilMode: Bool = false) {
        geometry = ConvGeometry(kernel: kernel, stride: stride ?? kernel, padding: padding)
        self.ceilMode = ceilMode
    }

    /// Pools x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: [N, C, Ho, Wo].
    public func callAsFunction(_ x: Tensor) -> Tensor { maxPool2d(x, geometry, ceilMode: ceilMode) }
}

/// The mean of each window, as `torch.nn.AvgPool2d`.
///
/// x: [N, C, H, W] -> [N, C, Ho, Wo], sizes as for `MaxPool2d`.
public struct AvgPool2d: Layer {
    /// Kernel, stride and padding.
    public let geometry: ConvGeometry
    /// Whether the output size is rounded up.
    public let ceilMode: Bool
    /// Whether the zeros of the padding count in the mean.
    public let countIncludePadding: Bool

    /// Creates the layer.
    ///
    /// - Parameters:
    ///   - kernel: the side of the window.
    ///   - stride: the stride; nil for that of the kernel, so that windows do not overlap.
    ///   - padding: the padding at each side, with zeros.
    ///   - ceilMode: whether the output size is rounded up.
    ///   - countIncludePadding: whether the zeros of the padding count in the mean.
    public init(
        _ kernel: Int, stride: Int? = nil, padding: Int = 0, ceilMode: Bool = false, countIncludePadding: Bool = true
    ) {
        geometry = ConvGeometry(kernel: kernel, stride: stride ?? kernel, padding: padding)
        self.ceilMode = ceilMode
        self.countIncludePadding = countIncludePadding
    }

    /// Pools x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: [N, C, Ho, Wo].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        averagePool2d(x, geometry, ceilMode: ceilMode, countIncludePadding: countIncludePadding)
    }
}

/// Means over bins that cover the image whatever its size, as `torch.nn.AdaptiveAvgPool2d`.
///
/// x: [N, C, H, W] -> [N, C, height, width].
public struct AdaptiveAvgPool2d: Layer {
    /// The height of the output.
    public let height: Int
    /// The width of the output.
    public let width: Int

    /// Creates the layer.
    ///
    /// - Parameters:
    ///   - height: the height of the output.
    ///   - width: the width of the output.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// Pools x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: [N, C, height, width].
    public func callAsFunction(_ x: Tensor) -> Tensor { adaptiveAveragePool2d(x, height: height, width: width) }
}

/// The mean of each channel, as `x.mean((2, 3))` in PyTorch.
///
/// x: [N, C, H, W] -> [N, C].
public struct GlobalAvgPool: Layer {
    /// Creates the layer.
    public init() {}

    /// Pools x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: [N, C].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        globalAveragePool2d(x).reshaped([x.shape[0], x.shape[1]])
    }
}
