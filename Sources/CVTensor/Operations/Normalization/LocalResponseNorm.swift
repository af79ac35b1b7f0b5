import CKernels
import CVCore

/// Normalization over neighboring channels, as `torch.nn.functional.local_response_norm`
/// (Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks", section 3.3).
///
/// y = x / (k + alpha / size · Σ x²)^beta, the sum over the `size` channels around each one. As in PyTorch, alpha is
/// divided by the size, which the paper does not do.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - size: number of channels in the sum.
///   - alpha: factor of the sum.
///   - beta: exponent.
///   - k: added to the sum.
/// - Returns: [N, C, H, W].
public func localResponseNorm(
    _ x: Tensor, size: Int, alpha: Float = 1e-4, beta: Float = 0.75, k: Float = 1
) -> Tensor {
    precondition(size > 0, "localResponseNorm: \(size) channels")
    let norm = LocalResponse(
        shape: ImageShape(x.shape, for: "localResponseNorm"), size: size, alpha: alpha, beta: beta, k: k)
    let input = x.detached
    let base = norm.base(of: input)
    let y = combined(input, base) { $0 * powf($1, -beta) }
    // dx = dy · b^-β - 2αβ / size · x · Σ dy · x · b^(-β - 1), the sum over the channels whose window holds this one.
    return y.recorded(
        as: .localResponseNorm(size: size, alpha: alpha, beta: beta, k: k),
        (
            x,
            { dy in
                let parts = norm.windowSums(dy * y.detached * combined(base, base) { b, _ in 1 / b }, mirrored: true)
                return dy * combined(base, base) { b, _ in powf(b, -beta) }
                    + input * parts * (-2 * alpha * beta / Float(size))
            }
        ))
}

private struct LocalResponse {
    let shape: ImageShape
    let size: Int
    let alpha, beta, k: Float

    /// k + alpha / size · Σ x².
    func base(of x: Tensor) -> Tensor { windowSums(x * x, mirrored: false) * (alpha / Float(size)) + k }

    /// For each channel the sum of those around it. An even size has one more before than after; mirrored, one more
    /// after.
    func windowSums(_ x: Tensor, mirrored: Bool) -> Tensor {
        let (longer, shorter) = (size / 2, (size - 1) / 2)
        let (before, after) = mirrored ? (shorter, longer) : (longer, shorter)
        return Tensor(shape: x.shape, from: x) { sums in
            sums.initialize(repeating: 0)
            x.withValues { x in
                Parallel.forEach(shape.batch * shape.channels) { index in
                    let channel = index % shape.channels
                    let to = sums.baseAddress! + index * shape.plane
                    for neighbor in max(channel - before, 0)...min(channel + after, shape.channels - 1) {
                        let from = x.baseAddress! + (index - channel + neighbor) * shape.plane
                        cvk_add(InstructionSet.current.cValue, to, from, to, shape.plane)
                    }
                }
            }
        }
    }
}

/// A function of two values, element by element, for operations too rare to have a kernel.
private func combined(_ a: Tensor, _ b: Tensor, _ function: (Float, Float) -> Float) -> Tensor {
    Tensor(shape: a.shape, from: a, b) { y in
        a.withValues { a in
            b.withValues { b in
                Parallel.forRanges(a.count, grain: 1 << 12) { range in
                    for index in range { y[index] = function(a[index], b[index]) }
                }
            }
        }
    }
}
