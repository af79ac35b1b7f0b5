import CVTensor

/// What a weight is before it is trained, as the functions of `torch.nn.init`.
///
/// The fans of a weight [out, in, …]: fan-in is in · taps of the kernel, fan-out is out · taps.
public enum Initializer: Sendable, Equatable {
    case constant(Float)
    case uniform(ClosedRange<Float>)
    case normal(mean: Float = 0, deviation: Float)
    /// Uniform in ± gain · √(6 / (fan-in + fan-out)) (Glorot & Bengio 2010).
    case xavierUniform(gain: Float = 1)
    /// Normal with the deviation gain · √(2 / (fan-in + fan-out)).
    case xavierNormal(gain: Float = 1)
    /// Uniform in ± √(6 / ((1 + slope²) · fan)) (He et al. 2015, arXiv:1502.01852); `slope` is that of the leaky ReLU
    /// that follows, 0 for ReLU.
    case heUniform(slope: Float = 0, fan: Fan = .input)
    /// Normal with the deviation √(2 / ((1 + slope²) · fan)).
    case heNormal(slope: Float = 0, fan: Fan = .input)

    /// Which of the sums is to keep its variance: those of the forward pass (input) or of the backward (output).
    public enum Fan: Sendable, Equatable {
        case input, output
    }

    public static let zeros = Initializer.constant(0)
    public static let ones = Initializer.constant(1)

    /// PyTorch's default for the weights of convolutions and linear layers: uniform in ± 1 / √fan-in.
    public static let pyTorchWeight = Initializer.heUniform(slope: Float(5).squareRoot())

    /// PyTorch's default for the bias beside a weight of this shape: uniform in ± 1 / √fan-in.
    public static func pyTorchBias(of weight: Shape) -> Initializer {
        let bound = 1 / Float(max(fans(of: weight).input, 1)).squareRoot()
        return .uniform(-bound...bound)
    }

    /// A tensor of such values.
    public func tensor(_ shape: Shape, _ numbers: inout SeededNumbers) -> Tensor {
        Tensor(shape: shape) { values in
            switch distribution(shape) {
            case .constant(let value): values.initialize(repeating: value)
            case .uniform(let low, let high):
                for index in values.indices { values[index] = Float(low + (high - low) * numbers.uniform()) }
            case .normal(let mean, let deviation):
                for index in values.indices { values[index] = Float(mean + deviation * numbers.normal()) }
            }
        }
    }

    private enum Distribution {
        case constant(Float)
        case uniform(Double, Double)
        case normal(Double, Double)
    }

    private func distribution(_ shape: Shape) -> Distribution {
        /// The deviation that Xavier and He ask for; a uniform distribution reaches √3 times as far.
        func spread(_ gain: Float, over fan: Double) -> Double { Double(gain) / fan.squareRoot() }
        func even(_ deviation: Double) -> Distribution {
            .uniform(-deviation * 3.0.squareRoot(), deviation * 3.0.squareRoot())
        }
        switch self {
        case .constant(let value): return .constant(value)
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
