import CVCore
import CVTensor

/// The mean binary cross-entropy of logits, as `torch.nn.BCEWithLogitsLoss`.
///
/// -t · ln p - (1 - t) · ln(1 - p) with p = sigmoid(x). The targets get no gradient.
///
/// - Parameters:
///   - logits: of any shape.
///   - targets: in 0 ... 1, of the shape of the logits.
/// - Returns: a scalar, [].
public func binaryCrossEntropy(_ logits: Tensor, _ targets: Tensor) -> Tensor {
    elementwiseLoss("binaryCrossEntropy", logits, targets, ofDifference: false) { x, t in
        (softplus(x) - t * x, sigmoid(x) - t)
    }
}

/// The mean focal loss of logits (Lin et al. 2017, arXiv:1708.02002), as `torchvision.ops.sigmoid_focal_loss`.
///
/// Binary cross-entropy times α_t · (1 - p_t)^gamma: well-classified elements count little, so that many easy ones do
/// not outweigh the few hard ones.
///
/// - Parameters:
///   - logits: of any shape.
///   - targets: 0 or 1, of the shape of the logits; they get no gradient.
///   - alpha: the weight of targets 1; the weight of targets 0 is 1 - alpha.
///   - gamma: the focusing exponent, 0 or more.
/// - Returns: a scalar, [].
public func focalLoss(_ logits: Tensor, _ targets: Tensor, alpha: Float = 0.25, gamma: Float = 2) -> Tensor {
    precondition(gamma >= 0, "focalLoss: gamma \(gamma), 0 or more expected")
    return elementwiseLoss("focalLoss", logits, targets, ofDifference: false) { x, t in
        // q: 1 - p_t; its derivative is (1 - 2t) · p (1 - p).
        let p = sigmoid(x)
        let q = p + t - 2 * p * t
        let cross = softplus(x) - t * x
        let weight = alpha * t + (1 - alpha) * (1 - t)
        let power = pow(q, gamma)
        let powerSlope = q > 0 ? gamma * power / q * (1 - 2 * t) * p * (1 - p) : 0
        return (weight * power * cross, weight * (powerSlope * cross + power * (p - t)))
    }
}

/// The Dice loss: 1 - the Dice coefficient, averaged over images and channels (Milletari et al. 2016, arXiv:1606.04797).
///
/// 1 - (2 Σ p t + smoothing) / (Σ p + Σ t + smoothing), the sums over the pixels of a channel.
///
/// - Parameters:
///   - probabilities: [N, C, …], in 0 ... 1.
///   - targets: of the same shape, in 0 ... 1; they get no gradient.
///   - smoothing: added to numerator and denominator.
/// - Returns: a scalar, [].
public func diceLoss(_ probabilities: Tensor, _ targets: Tensor, smoothing: Float = 1) -> Tensor {
    let shape = probabilities.shape
    precondition(shape == targets.shape, "diceLoss: targets \(targets.shape) for \(shape)")
    precondition(shape.rank >= 2 && shape.count > 0, "diceLoss: [N, C, …] expected, found \(shape)")
    let planes = shape[0] * shape[1]
    let size = shape.count / planes
    let isShapeOnly = Tensor.areShapeOnly(probabilities, targets)
    /// For each plane twice the overlap and the sum, both with the smoothing.
    let sums: [(numerator: Double, denominator: Double)] =
        isShapeOnly
        ? []
        : probabilities.withValues { p in
            targets.withValues { t in
                (0..<planes).map { plane in
                    let range = plane * size..<(plane + 1) * size
                    return range.reduce(into: (numerator: Double(smoothing), denominator: Double(smoothing))) {
                        $0.numerator += 2 * Double(p[$1]) * Double(t[$1])
                        $0.denominator += Double(p[$1]) + Double(t[$1])
                    }
                }
            }
        }
    let quotients = sums.map { $0.denominator > 0 ? $0.numerator / $0.denominator : 1 }
    let pixels = targets.detached
    return scalar(from: probabilities, targets) { 1 - quotients.reduce(0, +) / Double(planes) }.recorded(
        as: .loss("diceLoss"),
        (
            probabilities,
            { dy in
                let scale = dy.item / Float(planes)
                return Tensor(shape: shape) { dx in
                    pixels.withValues { t in
                        for index in t.indices {
                            let plane = index / size
                            let denominator = Float(sums[plane].denominator)
                            dx[index] =
                                denominator > 0 ? scale * (Float(quotients[plane]) - 2 * t[index]) / denominator : 0
                        }
                    }
                }
            }
        ), constants: [targets])
}

/// ln(1 + e^x), without overflow.
@inline(__always)
private func softplus(_ x: Float) -> Float { max(x, 0) + log1p(exp(-abs(x))) }

@inline(__always)
private func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
