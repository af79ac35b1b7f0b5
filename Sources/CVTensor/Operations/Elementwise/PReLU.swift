import CKernels
import CVCore

/// Parametric ReLU, as `torch.nn.functional.prelu` (He et al. 2015, arXiv:1502.01852): x for x > 0, else slope · x, with a
/// slope for each channel.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - weight: the slopes, [C].
/// - Returns: [N, C, H, W].
public func prelu(_ x: Tensor, _ weight: Tensor) -> Tensor {
    let shape = ImageShape(x.shape, for: "prelu")
    precondition(weight.shape == [shape.channels], "prelu: [\(shape.channels)] expected, found \(weight.shape)")
    let (input, slopes) = (x.detached, weight.detached)
    let y = Tensor(shape: x.shape, from: input, slopes) { y in
        forEachPlane(shape, slopes) { start, slope in
            input.withValues {
                Activation.leakyReLU(slope: slope).apply(
                    $0.baseAddress! + start, y.baseAddress! + start, count: shape.plane, under: .current)
            }
        }
    }
    return y.recorded(
        as: .prelu, (x, { inputGradient($0, at: input, slopes) }), (weight, { slopeGradient($0, at: input) }))
}

/// dy · 1 for x > 0, else dy · slope.
private func inputGradient(_ dy: Tensor, at x: Tensor, _ slopes: Tensor) -> Tensor {
    let shape = ImageShape(x.shape, for: "prelu")
    return Tensor(shape: x.shape, from: x, dy) { dx in
        forEachPlane(shape, slopes) { start, slope in
            x.withValues { x in
                dy.withValues { dy in
                    cvk_activate_gradient(
                        InstructionSet.current.cValue, CVK_LEAKY_RELU, slope, x.baseAddress! + start,
                        dy.baseAddress! + start, dx.baseAddress! + start, shape.plane)
                }
            }
        }
    }
}

/// For each channel the sum of dy · min(x, 0).
private func slopeGradient(_ dy: Tensor, at x: Tensor) -> Tensor {
    let shape = ImageShape(x.shape, for: "prelu")
    return Tensor(shape: [shape.channels], from: x, dy) { sums in
        x.withValues { x in
            dy.withValues { dy in
                Parallel.forEach(shape.channels) { channel in
                    var sum = 0.0
                    for image in 0..<shape.batch {
                        let start = (image * shape.channels + channel) * shape.plane
                        for index in start..<start + shape.plane { sum += Double(dy[index] * min(x[index], 0)) }
                    }
                    sums[channel] = Float(sum)
                }
            }
        }
    }
}

/// Calls `body` with the first index and the slope of each plane, on several threads.
private func forEachPlane(_ shape: ImageShape, _ slopes: Tensor, _ body: (_ start: Int, _ slope: Float) -> Void) {
    slopes.withValues { slopes in
        Parallel.forRanges(shape.batch * shape.channels, grain: 1 + (1 << 14) / max(1, shape.plane)) { planes in
            for plane in planes { body(plane * shape.plane, slopes[plane % shape.channels]) }
        }
    }
}
