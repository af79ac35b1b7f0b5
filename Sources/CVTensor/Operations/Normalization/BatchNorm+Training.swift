import CKernels
import CVCore

/// Batch normalization with the statistics of the batch, as `torch.nn.functional.batch_norm` with `training=True`
/// (Ioffe & Szegedy 2015, arXiv:1502.03167), fused with what usually follows it: the residual sum and an activation.
///
/// y = activation(γ · (x - mean) / √(variance + epsilon) + β + residual).
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - weight: γ, [C].
///   - bias: β, [C].
///   - epsilon: added to the variance.
///   - residual: [N, C, H, W], added before the activation.
///   - activation: applied last.
/// - Returns: y, and the mean and variance of each channel, [C], for the running averages. That variance is unbiased,
///   as in PyTorch, while y uses the biased one.
public func batchNorm(
    _ x: Tensor, weight: Tensor, bias: Tensor, epsilon: Float, adding residual: Tensor? = nil,
    then activation: Activation = .linear
) -> (y: Tensor, mean: Tensor, variance: Tensor) {
    let isFused = activation == .relu || activation == .linear
    let batch = BatchNormalization(
        x.detached, weight.detached, bias.detached, epsilon, residual?.detached, relu: activation == .relu)
    let (y, channels) = batch.run()
    let gradients = SharedGradients { batch.gradients($0, y: y, channels) }
    var rules: [GradientRule] = [
        (x, { gradients(of: $0).x }), (weight, { gradients(of: $0).weight }), (bias, { gradients(of: $0).bias }),
    ]
    if let residual { rules.append((residual, { gradients(of: $0).residual! })) }
    let fused = isFused ? activation : .linear
    let recorded = y.recorded(as: .batchNormTraining(epsilon: epsilon, activation: fused), rules)
    let count = Double(batch.shape.batch * batch.shape.plane)
    let unbiased = count > 1 ? count / (count - 1) : 1
    let result = isFused ? recorded : activation(recorded)
    if y.isShapeOnly { return (result, .shapeOnly(weight.shape), .shapeOnly(weight.shape)) }
    return (
        result, Tensor(channels.map { $0.mean }, shape: weight.shape),
        Tensor(channels.map { Float(Double($0.variance) * unbiased) }, shape: weight.shape)
    )
}

/// The gradients with respect to all inputs: computed together when the first of them is requested.
private final class SharedGradients {
    private var compute: ((Tensor) -> BatchNormalization.Gradients)?
    private var made: BatchNormalization.Gradients?

    init(_ compute: @escaping (Tensor) -> BatchNormalization.Gradients) { self.compute = compute }

    func callAsFunction(of dy: Tensor) -> BatchNormalization.Gradients {
        if let made { return made }
        let gradients = compute!(dy)
        (made, compute) = (gradients, nil)
        return gradients
    }
}

/// Normalization in training, channel by channel, so that what a task reads twice is still in its core's cache.
struct BatchNormalization {
    /// Statistics of a channel, and the scale and shift that follow from them.
    struct Channel {
        var mean, variance, inverseDeviation: Float
        var line: cvk_normalization
    }

    struct Gradients {
        let x, weight, bias: Tensor
        let residual: Tensor?
    }

    let shape: ImageShape
    private let x, weight, bias: Tensor
    private let epsilon: Float
    private let residual: Tensor?
    private let relu: Bool
    private let isa = InstructionSet.current.cValue

    init(_ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ epsilon: Float, _ residual: Tensor?, relu: Bool) {
        shape = ImageShape(x.shape, for: "batchNorm")
        for parameter in [weight, bias] {
            precondition(
                parameter.shape == [shape.channels], "batchNorm: [\(shape.channels)] expected, found \(parameter.shape)"
            )
        }
        precondition(residual == nil || residual!.shape == x.shape, "batchNorm: \(x.shape) + \(residual!.shape)")
        (self.x, self.weight, self.bias, self.epsilon, self.residual, self.relu) =
            (x, weight, bias, epsilon, residual, relu)
    }

    /// The offsets of the planes of a channel, image by image.
    private func planes(_ channel: Int) -> StrideTo<Int> {
        stride(
            from: channel * shape.plane, to: shape.batch * shape.channels * shape.plane,
            by: shape.channels * shape.plane)
    }

    func run() -> (Tensor, [Channel]) {
        let none = Channel(mean: 0, variance: 0, inverseDeviation: 0, line: cvk_normalization())
        var channels = [Channel](repeating: none, count: shape.channels)
        let y = Tensor(shape: x.shape, from: x, weight, bias, residual) { y in
            channels.withUnsafeMutableBufferPointer { channels in
                let x = x.storage.pointer
                Parallel.forEach(shape.channels) { index in
                    let channel = statistics(index, x)
                    channels[index] = channel
                    for start in planes(index) {
                        cvk_normalize(
                            isa, channel.line, x + start, residual.map { UnsafePointer($0.storage.pointer) + start },
                            y.baseAddress! + start, shape.plane)
                    }
                }
            }
        }
        return (y, channels)
    }

    private func statistics(_ index: Int, _ x: UnsafePointer<Float>) -> Channel {
        var moments = Moments()
        for start in planes(index) { moments.add(x + start, shape.plane, isa) }
        let (mean, variance) = (Float(moments.mean), moments.variance)
        let inverse = 1 / (variance + epsilon).squareRoot()
        let scale = weight.storage.pointer[index] * inverse
        let shift = bias.storage.pointer[index] - mean * scale
        return Channel(
            mean: mean, variance: variance, inverseDeviation: inverse,
            line: cvk_normalization(scale: scale, shift: shift, relu: relu))
    }

    /// With x̂ the normalized x and g = dy where the activation let y through:
    ///
    ///     dβ = Σ g,  dγ = Σ g · x̂,  dx = γ / deviation · (g - mean(g) - x̂ · mean(g · x̂)),  dresidual = g.
    func gradients(_ dy: Tensor, y: Tensor, _ channels: [Channel]) -> Gradients {
        let count = Float(shape.batch * shape.plane)
        let size: Shape = [shape.channels]
        let (weightGradient, biasGradient) = (TensorStorage(count: size.count), TensorStorage(count: size.count))
        // With a residual, g is a result of its own; else it follows from x, and is never written.
        let passed = residual == nil ? dy : relu ? Tensor(shape: x.shape) { _ in } : dy
        let dx = Tensor(shape: x.shape) { dx in
            Parallel.forEach(shape.channels) { index in
                var channel = channels[index]
                if residual != nil, relu {
                    for start in planes(index) {
                        cvk_activate_gradient(
                            isa, CVK_RELU, 0, y.storage.pointer + start, dy.storage.pointer + start,
                            passed.storage.pointer + start, shape.plane)
                    }
                    channel.line.relu = false
                }
                let (x, g) = (x.storage.pointer, UnsafePointer(passed.storage.pointer))
                var sums = (0.0, 0.0)
                withUnsafeMutableBytes(of: &sums) { sums in
                    let sums = sums.assumingMemoryBound(to: Double.self).baseAddress!
                    for start in planes(index) {
                        cvk_normalize_sums(isa, channel.line, x + start, channel.mean, g + start, sums, shape.plane)
                    }
                }
                let products = Float(sums.1) * channel.inverseDeviation
                (biasGradient.pointer[index], weightGradient.pointer[index]) = (Float(sums.0), products)
                let a = channel.line.scale
                let b = -a * products * channel.inverseDeviation / count
                let c = -a * Float(sums.0) / count - b * channel.mean
                for start in planes(index) {
                    cvk_normalize_gradient(
                        isa, channel.line, a, b, c, x + start, g + start, dx.baseAddress! + start, shape.plane)
                }
            }
        }
        return Gradients(
            x: dx, weight: Tensor(shape: size, storage: weightGradient),
            bias: Tensor(shape: size, storage: biasGradient),
            residual: residual == nil ? nil : passed)
    }
}
