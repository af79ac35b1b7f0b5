import CKernels
import CVCore

/// Batch normalization with the running statistics, as `torch.nn.functional.batch_norm` with `training=False`
/// (Ioffe & Szegedy 2015, arXiv:1502.03167): y = γ · (x - mean) / √(variance + epsilon) + β.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - mean: [C].
///   - variance: [C].
///   - weight: γ, [C].
///   - bias: β, [C].
///   - epsilon: added to the variance.
/// - Returns: [N, C, H, W].
public func batchNorm(
    _ x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, epsilon: Float
) -> Tensor {
    let channels = ChannelStatistics(x.shape, mean: mean, variance: variance, epsilon: epsilon)
    let (y, input, gamma) = (channels.normalized(x, weight, bias), x.detached, weight.detached)
    // The statistics are constants here: each channel is only scaled.
    return y.recorded(
        as: .batchNorm(epsilon: epsilon),
        (x, { channels.scaled($0, by: gamma) }),
        (weight, { channels.sumOfProducts($0, input) }),
        (bias, { sumOfChannels($0) }), constants: [mean, variance])
}

/// Normalization with a given mean and deviation of each channel, and its gradients.
private struct ChannelStatistics {
    let shape: ImageShape
    /// Empty where they are shape-only.
    let mean, variance, inverseDeviation: [Float]
    private let isShapeOnly: Bool

    init(_ shape: Shape, mean: Tensor, variance: Tensor, epsilon: Float) {
        self.shape = ImageShape(shape, for: "batchNorm")
        for statistic in [mean, variance] {
            precondition(
                statistic.shape == [self.shape.channels],
                "batchNorm: [\(self.shape.channels)] expected, found \(statistic.shape)")
        }
        isShapeOnly = Tensor.areShapeOnly(mean, variance)
        self.mean = isShapeOnly ? [] : mean.values
        self.variance = isShapeOnly ? [] : variance.values
        inverseDeviation = self.variance.map { 1 / ($0 + epsilon).squareRoot() }
    }

    /// For each channel the sum of what `part` returns for its planes in two tensors, in the order of the images.
    private static func sums(
        _ shape: ImageShape, _ x: Tensor, _ y: Tensor,
        _ part: (_ channel: Int, UnsafePointer<Float>, UnsafePointer<Float>) -> Float
    ) -> [Double] {
        [Double](unsafeUninitializedCapacity: shape.channels) { sums, count in
            x.withValues { x in
                y.withValues { y in
                    Parallel.forEach(shape.channels) { channel in
                        sums[channel] = (0..<shape.batch).reduce(0) { sum, image in
                            let start = (image * shape.channels + channel) * shape.plane
                            return sum + Double(part(channel, x.baseAddress! + start, y.baseAddress! + start))
                        }
                    }
                }
            }
            count = shape.channels
        }
    }

    /// γ · (x - mean) / deviation + β.
    func normalized(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) -> Tensor {
        for parameter in [weight, bias] {
            precondition(
                parameter.shape == [shape.channels], "batchNorm: [\(shape.channels)] expected, found \(parameter.shape)"
            )
        }
        if isShapeOnly || Tensor.areShapeOnly(x, weight, bias) { return .shapeOnly(x.shape) }
        let (gamma, beta) = (weight.values, bias.values)
        return planes(x, x) { channel, x, _, y in
            let scale = gamma[channel] * inverseDeviation[channel]
            cvk_scale_shift(
                InstructionSet.current.cValue, scale, beta[channel] - mean[channel] * scale, x, y, shape.plane)
        }
    }

    /// dy · γ / deviation.
    func scaled(_ dy: Tensor, by weight: Tensor) -> Tensor {
        let gamma = weight.values
        return planes(dy, dy) { channel, dy, _, dx in
            cvk_scale_shift(
                InstructionSet.current.cValue, gamma[channel] * inverseDeviation[channel], 0, dy, dx, shape.plane)
        }
    }

    /// Σ dy · (x - mean) / deviation over each channel: the gradient of γ.
    func sumOfProducts(_ dy: Tensor, _ x: Tensor) -> Tensor {
        let isa = InstructionSet.current.cValue
        let sums = Self.sums(shape, x, dy) { cvk_dot(isa, $1, mean[$0], $2, 0, shape.plane) }
        let values = zip(sums, inverseDeviation).map { Float($0) * $1 }
        return Tensor(values, shape: [shape.channels])
    }

    /// A tensor computed plane by plane from two others.
    private func planes(
        _ x: Tensor, _ y: Tensor,
        _ body: (_ channel: Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) -> Tensor {
        Tensor(shape: x.shape) { result in
            x.withValues { x in
                y.withValues { y in
                    Parallel.forEach(shape.batch * shape.channels) { index in
                        let start = index * shape.plane
                        body(
                            index % shape.channels, x.baseAddress! + start, y.baseAddress! + start,
                            result.baseAddress! + start)
                    }
                }
            }
        }
    }
}
