import CVTensor

/// Group normalisation, as `torch.nn.GroupNorm` (Wu & He 2018, arXiv:1803.08494): over the channels of a group and all
/// pixels of one picture, in training and in inference alike.
///
/// x: [N, C, H, W] -> the same shape; weight, bias: [C].
public struct GroupNorm: Layer {
    public let groups: Int
    public let weight: Parameter
    public let bias: Parameter
    public let epsilon: Float

    public init(groups: Int, _ channels: Int, epsilon: Float = 1e-5, _ p: ParameterScope) {
        precondition(groups > 0 && channels % groups == 0, "GroupNorm: \(groups) groups of \(channels) channels")
        self.groups = groups
        weight = p.parameter("weight", shape: [channels], initialized: .ones)
        bias = p.parameter("bias", shape: [channels], initialized: .zeros)
        self.epsilon = epsilon
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        groupNorm(x, groups: groups, weight: weight.value(on: x), bias: bias.value(on: x), epsilon: epsilon)
    }
}

/// Instance normalisation, as `torch.nn.InstanceNorm2d` (Ulyanov et al. 2016, arXiv:1607.08022): over the pixels of each
/// channel of one picture. It keeps no running statistics.
///
/// x: [N, C, H, W] -> the same shape. With `affine`, weight and bias: [C]; PyTorch's default is without.
public struct InstanceNorm2d: Layer {
    public let weight: Parameter?
    public let bias: Parameter?
    public let epsilon: Float

    public init(_ channels: Int, epsilon: Float = 1e-5, affine: Bool = false, _ p: ParameterScope) {
        weight = affine ? p.parameter("weight", shape: [channels], initialized: .ones) : nil
        bias = affine ? p.parameter("bias", shape: [channels], initialized: .zeros) : nil
        self.epsilon = epsilon
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        instanceNorm(x, weight: weight?.value(on: x), bias: bias?.value(on: x), epsilon: epsilon)
    }
}

/// Local response normalisation, as `torch.nn.LocalResponseNorm` (Krizhevsky et al. 2012, section 3.3): each value divided by
/// a power of the squares of its neighbours in other channels.
///
/// x: [N, C, H, W] -> the same shape.
public struct LocalResponseNorm: Layer {
    /// How many channels are neighbours.
    public let size: Int
    public let alpha, beta, k: Float

    public init(_ size: Int, alpha: Float = 1e-4, beta: Float = 0.75, k: Float = 1) {
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        localResponseNorm(x, size: size, alpha: alpha, beta: beta, k: k)
    }
}
