import CVCore
import CVTensor

/// Runs `body` over pieces of 0 ..< count on all threads and sums the results in double precision.
///
/// The pieces do not depend on the number of threads, so neither does the sum.
@inline(__always)
func sumInPieces(_ count: Int, grain: Int = 1 << 13, _ body: (Range<Int>) -> Double) -> Double {
    let pieces = (count + grain - 1) / grain
    let sums = [Double](unsafeUninitializedCapacity: pieces) { sums, initialized in
        sums.initialize(repeating: 0)
        Parallel.forEach(pieces) { piece in
            sums[piece] = body(piece * grain..<min((piece + 1) * grain, count))
        }
        initialized = pieces
    }
    return sums.reduce(0, +)
}

/// The loss as a tensor of one element.
func scalar(_ value: Double) -> Tensor { Tensor([Float(value)], shape: []) }

/// The loss of tensors, of which one may be shape-only: then it is, too, and nothing is computed.
func scalar(from x: Tensor, _ y: Tensor? = nil, _ z: Tensor? = nil, _ value: () -> Double) -> Tensor {
    Tensor.areShapeOnly(x, y, z) ? .shapeOnly([]) : scalar(value())
}

/// The mean of f(x, t) over all elements, recorded with its gradient, which is computed in the same pass if a tape records.
///
/// - Parameters:
///   - name: the loss, for messages.
///   - x: the predictions.
///   - targets: of the same shape.
///   - difference: whether f is a function of x - t, so that the derivative with respect to t is the negative.
///   - f: the value and its derivative with respect to x.
/// - Returns: a scalar, [].
@inline(__always)
func elementwiseLoss(
    _ name: String, _ x: Tensor, _ targets: Tensor, ofDifference difference: Bool,
    _ f: (_ x: Float, _ t: Float) -> (value: Float, slope: Float)
) -> Tensor {
    precondition(x.shape == targets.shape, "\(name): targets \(targets.shape) for \(x.shape)")
    precondition(x.shape.count > 0, "\(name): no elements")
    let isWatched = x.tape != nil || (difference && targets.tape != nil)
    let scale = 1 / Float(x.shape.count)
    var sum = 0.0
    let slopes = Tensor(shape: isWatched ? x.shape : [0], from: x, targets) { slopes in
        x.withValues { x in
            targets.withValues { targets in
                sum = sumInPieces(x.count) { range in
                    var sum = 0.0
                    for index in range {
                        let (value, slope) = f(x[index], targets[index])
                        sum += Double(value)
                        if isWatched { slopes[index] = slope * scale }
                    }
                    return sum
                }
            }
        }
    }
    var rules: [GradientRule] = [(x, { slopes * $0.item })]
    if difference { rules.append((targets, { slopes * -$0.item })) }
    return scalar(from: x, targets) { sum / Double(x.shape.count) }.recorded(
        as: .loss(name), rules, constants: difference ? [] : [targets])
}
