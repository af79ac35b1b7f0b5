import CVTensor

/// Largest value under each window, as `torch.nn.MaxPool2d`.
///
/// x: [N, C, H, W] -> [N, C, Ho, Wo], Ho = (H + 2 · padding - kernel) / stride + 1, rounded down, or up with `ceilMode`.
public struct MaxPool2d: Layer {
    public let geometry: ConvGeometry
    public let ceilMode: Bool

    /// stride: nil is that of the kernel, so that the windows do not overlap.
    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0, ceilMode: Bool = false) {
        geometry = ConvGeometry(kernel: kernel, stride: stride ?? kernel, padding: padding)
        self.ceilMode = ceilMode
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { maxPool2d(x, geometry, ceilMode: ceilMode) }
}

/// Mean under each window, as `torch.nn.AvgPool2d`.
///
/// x: [N, C, H, W] -> [N, C, Ho, Wo], sizes as of `MaxPool2d`.
public struct AvgPool2d: Layer {
    public let geometry: ConvGeometry
    public let ceilMode: Bool
    /// Whether the zeros of the padding count in the mean.
    public let countIncludePadding: Bool

    /// stride: nil is that of the kernel, so that the windows do not overlap.
    public init(
        _ kernel: Int, stride: Int? = nil, padding: Int = 0, ceilMode: Bool = false, countIncludePadding: Bool = true
    ) {
        geometry = ConvGeometry(kernel: kernel, stride: stride ?? kernel, padding: padding)
        self.ceilMode = ceilMode
        self.countIncludePadding = countIncludePadding
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        averagePool2d(x, geometry, ceilMode: ceilMode, countIncludePadding: countIncludePadding)
    }
}

/// Means over bins that cover the picture whatever its size, as `torch.nn.AdaptiveAvgPool2d`.
///
/// x: [N, C, H, W] -> [N, C, height, width].
public struct AdaptiveAvgPool2d: Layer {
    public let height: Int
    public let width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { adaptiveAveragePool2d(x, height: height, width: width) }
}

/// Mean of each channel, as `x.mean((2, 3))` in PyTorch.
///
/// x: [N, C, H, W] -> [N, C].
public struct GlobalAvgPool: Layer {
    public init() {}

    public func callAsFunction(_ x: Tensor) -> Tensor {
        globalAveragePool2d(x).reshaped([x.shape[0], x.shape[1]])
    }
}
