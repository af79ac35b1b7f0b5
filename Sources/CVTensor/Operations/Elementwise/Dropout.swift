import CKernels
import CVCore

/// Sets each element to 0 with a probability and scales the others by 1 / (1 - probability), so that the expected value
/// stays, as `torch.nn.functional.dropout` (Srivastava et al. 2014, "Dropout"). The shape stays.
///
/// Only on a tape in training mode; else it is the identity. The mask comes from the tape's seed: not the same numbers as
/// PyTorch's, but the same for any number of threads.
public func dropout(_ x: Tensor, probability: Float) -> Tensor {
    precondition(probability >= 0 && probability <= 1, "dropout: probability \(probability)")
    guard let tape = x.tape, tape.mode == .training, probability > 0 else { return x }
    let mask = DropoutMask(seed: tape.nextStream(), probability: probability)
    return mask.applied(to: x).recorded(
        as: .dropout(probability: probability, seed: mask.seed), (x, { mask.applied(to: $0) }))
}

/// Not kept but made again for the gradient: that is as quick as reading it.
private struct DropoutMask {
    let seed: UInt64
    let probability: Float

    func applied(to x: Tensor) -> Tensor {
        let threshold = UInt32(probability * Float(1 << 24))
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
