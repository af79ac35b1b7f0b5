import CVTensor

/// Group normalization, as `torch.nn.GroupNorm` (Wu & He 2018, arXiv:1803.08494): over the channels of a group and all
/// pixels of one image, in training and in inference alike.
///
/// x: [N, C, H, W] -> the same shape; weight, bias: [C].
public struct GroupNorm: Layer {
    /// The number of groups, a divisor of the number of channels.
    public let groups: Int
    /// The scale γ, [C].
    public let weight: Parameter
    /// The offset β, [C].
    public let bias: Parameter
    /// Added to the variance.
    public let epsilon: Float

    /// Creates the layer and declares `weight` and `bias`.
    ///
    /// - Parameters:
    ///   - groups: the number of groups, a divisor of `channels`.
    ///   - channels: the number of channels.
    ///   - epsilon: the term added to the variance.
    ///   - p: the scope of the layer.
    public init(groups: Int, _ channels: Int, epsilon: Float = 1e-5, _ p: ParameterScope) {
        precondition(groups > 0 && channels % groups == 0, "GroupNorm: \(groups) groups of \(channels) channels")
        self.groups = groups
        weight = p.parameter("weight", shape: [channels], initialized: .ones)
        bias = p.parameter("bias", shape: [channels], initialized: .zeros)
        self.epsilon = epsilon
    }

    /// Normalizes x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        groupNorm(x, groups: groups, weight: weight.value(on: x), bias: bias.value(on: x), epsilon: epsilon)
    }
}

/// Instance normalization, as `torch.nn.InstanceNorm2d` (Ulyanov et al. 2016, arXiv:1607.08022): over the pixels of each
/// channel of one image. It has no running statistics.
///
/// x: [N, C, H, W] -> the same shape. With `affine`, weight and bias: [C]; PyTorch's default is without.
public struct InstanceNorm2d: Layer {
    /// The scale γ, [C]; nil without `affine`.
    public let weight: Parameter?
    /// The offset β, [C]; nil without `affine`.
    public let bias: Parameter?
    /// Added to the variance.
    public let epsilon: Float

    /// Creates the layer; with `affine` it declares `weight` and `bias`.
    ///
    /// - Parameters:
    ///   - channels: the number of channels.
    ///   - epsilon: the term added to the variance.
    ///   - affine: whether there are a learned scale and offset.
    ///   - p: the scope of the layer.
    public init(_ channels: Int, epsilon: Float = 1e-5, affine: Bool = false, _ p: ParameterScope) {
        weight = affine ? p.parameter("weight", shape: [channels], initialized: .ones) : nil
        bias = affine ? p.parameter("bias", shape: [channels], initialized: .zeros) : nil
        self.epsilon = epsilon
    }

    /// Normalizes x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        instanceNorm(x, weight: weight?.value(on: x), bias: bias?.value(on: x), epsilon: epsilon)
    }
}

/// Local response normalization, as `torch.nn.LocalResponseNorm` (Krizhevsky et al. 2012, section 3.3): each value divided
/// by a power of the mean square of its neighbors in other channels, x / (k + alpha · mean)^beta.
///
/// x: [N, C, H, W] -> the same shape.
public struct LocalResponseNorm: Layer {
    /// The number of neighboring channels.
    public let size: Int
    /// The factor of the mean square, the power, and the term added before it.
    public let alpha, beta, k: Float

    /// Creates the layer.
    ///
    /// - Parameters:
    ///   - size: the number of neighboring channels.
    ///   - alpha: the factor of the mean square.
    ///   - beta: the power.
    ///   - k: the term added before the power.
    public init(_ size: Int, alpha: Float = 1e-4, beta: Float = 0.75, k: Float = 1) {
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k
    }

    /// Normalizes x.
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        localResponseNorm(x, size: size, alpha: alpha, beta: beta, k: k)
    }
}
