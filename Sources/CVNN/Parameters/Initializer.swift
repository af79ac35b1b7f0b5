import CVTensor

/// The distribution of a weight before training, as the functions of `torch.nn.init`.
///
/// For a weight [out, in, …], fan-in is in · kernel taps and fan-out is out · kernel taps.
public enum Initializer: Sendable, Equatable {
    /// One value throughout, as `torch.nn.init.constant_`.
    case constant(Float)
    /// Given values in the order of the tensor, such as the sizes of anchors; as many as the shape has.
    case values([Float])
    /// Uniform in a range, as `torch.nn.init.uniform_`.
    case uniform(ClosedRange<Float>)
    /// Normal with a mean and a standard deviation, as `torch.nn.init.normal_`.
    case normal(mean: Float = 0, deviation: Float)
    /// Uniform in ± gain · √(6 / (fan-in + fan-out)) (Glorot & Bengio 2010), as `torch.nn.init.xavier_uniform_`.
    case xavierUniform(gain: Float = 1)
    /// Normal with the standard deviation gain · √(2 / (fan-in + fan-out)), as `torch.nn.init.xavier_normal_`.
    case xavierNormal(gain: Float = 1)
    /// Uniform in ± √(6 / ((1 + slope²) · fan)) (He et al. 2015, arXiv:1502.01852), as `torch.nn.init.kaiming_uniform_`;
    /// `slope` is that of the leaky ReLU that follows, 0 for ReLU.
    case heUniform(slope: Float = 0, fan: Fan = .input)
    /// Normal with the standard deviation √(2 / ((1 + slope²) · fan)), as `torch.nn.init.kaiming_normal_`.
    case heNormal(slope: Float = 0, fan: Fan = .input)

    /// The pass whose variance is preserved: forward (`input`, fan-in) or backward (`output`, fan-out).
    public enum Fan: Sendable, Equatable {
        /// Fan-in: preserves the variance of the forward pass.
        case input
        /// Fan-out: preserves the variance of the backward pass.
        case output
    }

    /// All 0.
    public static let zeros = Initializer.constant(0)
    /// All 1.
    public static let ones = Initializer.constant(1)

    /// PyTorch's default for the weights of convolutions and linear layers: uniform in ± 1 / √fan-in.
    public static let pyTorchWeight = Initializer.heUniform(slope: Float(5).squareRoot())

    /// PyTorch's default for a bias: uniform in ± 1 / √fan-in of the layer's weight.
    ///
    /// - Parameter weight: the shape of the weight, [out, in, …].
    /// - Returns: the initializer of the bias.
    public static func pyTorchBias(of weight: Shape) -> Initializer {
        let bound = 1 / Float(max(fans(of: weight).input, 1)).squareRoot()
        return .uniform(-bound...bound)
    }

    /// Draws a tensor from the distribution.
    ///
    /// - Parameters:
    ///   - shape: the shape of the tensor; Xavier and He need [out, in, …].
    ///   - numbers: the source of random numbers, advanced by the call.
    /// - Returns: a tensor of `shape`.
    public func tensor(_ shape: Shape, _ numbers: inout SeededNumbers) -> Tensor {
        Tensor(shape: shape) { values in
            switch distribution(shape) {
            case .constant(let value): values.initialize(repeating: value)
            case .values(let given):
                precondition(given.count == values.count, "\(given.count) values for the shape \(shape)")
                for index in values.indices { values[index] = given[index] }
            case .uniform(let low, let high):
                for index in values.indices { values[index] = Float(low + (high - low) * numbers.uniform()) }
            case .normal(let mean, let deviation):
                for index in values.indices { values[index] = Float(mean + deviation * numbers.normal()) }
            }
        }
    }

    private enum Distribution {
        case constant(Float)
        case values([Float])
        case uniform(Double, Double)
        case normal(Double, Double)
    }

    private func distribution(_ shape: Shape) -> Distribution {
        /// The standard deviation that Xavier and He ask for; a uniform distribution has bounds of √3 times as much.
        func spread(_ gain: Float, over fan: Double) -> Double { Double(gain) / fan.squareRoot() }
        func even(_ deviation: Double) -> Distribution {
            .uniform(-deviation * 3.0.squareRoot(), deviation * 3.0.squareRoot())
        }
        switch self {
        case .constant(let value): return .constant(value)
        case .values(let values): return .values(values)
        case .uniform(let range): return .uniform(Double(range.lowerBound), Double(range.upperBound))
        case .normal(let mean, let deviation): return .normal(Double(mean), Double(deviation))
        case .xavierUniform(let gain): return even(spread(gain, over: Self.meanFan(of: shape)))
        case .xavierNormal(let gain): return .normal(0, spread(gain, over: Self.meanFan(of: shape)))
        case .heUniform(let slope, let fan): return even(spread(Self.gain(slope), over: Self.fan(fan, of: shape)))
        case .heNormal(let slope, let fan): return .normal(0, spread(Self.gain(slope), over: Self.fan(fan, of: shape)))
        }
    }

    private static func gain(_ slope: Float) -> Float { (2 / (1 + slope * slope)).squareRoot() }

    private static func meanFan(of shape: Shape) -> Double {
        (fan(.input, of: shape) + fan(.output, of: shape)) / 2
    }

    private static func fan(_ fan: Fan, of shape: Shape) -> Double {
        let fans = fans(of: shape)
        return Double(fan == .input ? fans.input : fans.output)
    }

    private static func fans(of shape: Shape) -> (input: Int, output: Int) {
        precondition(shape.rank >= 2, "a weight of shape \(shape) has no fan-in and fan-out: [out, in, …] expected")
        let taps = shape.dimensions.dropFirst(2).reduce(1, *)
        return (shape[1] * taps, shape[0] * taps)
    }
}
