import CKernels
import CVCore

/// Sets each element to 0 with a probability and scales the others by 1 / (1 - probability), so that the expected value
/// stays, as `torch.nn.functional.dropout` (Srivastava et al. 2014, "Dropout").
///
/// Active only on a tape in training mode; otherwise it is the identity. The mask follows from the tape's seed: the
/// random numbers differ from PyTorch's, but do not depend on the number of threads.
///
/// - Parameters:
///   - x: of any shape.
///   - probability: 0 to 1.
/// - Returns: a tensor of the same shape.
public func dropout(_ x: Tensor, probability: Float) -> Tensor {
    precondition(probability >= 0 && probability <= 1, "dropout: probability \(probability)")
    guard let tape = x.tape, tape.mode == .training, probability > 0 else { return x }
    let mask = DropoutMask(seed: tape.nextStream(), probability: probability)
    return mask.applied(to: x).recorded(
        as: .dropout(probability: probability, seed: mask.seed), (x, { mask.applied(to: $0) }))
}

/// Recomputed for the gradient instead of stored: as fast as reading it.
private struct DropoutMask {
    let seed: UInt64
    let probability: Float

    func applied(to x: Tensor) -> Tensor {
        let threshold = UInt32(clamping: probability * Float(1 << 24))
        let scale = probability < 1 ? 1 / (1 - probability) : 0
        return Tensor(shape: x.shape, from: x) { y in
            x.withValues { x in
                Parallel.forRanges(x.count, grain: 1 << 14) { range in
                    let start = range.lowerBound
                    cvk_dropout(
                        seed, UInt64(start), threshold, scale, x.baseAddress! + start, y.baseAddress! + start,
                        range.count)
                }
            }
        }
    }
}
