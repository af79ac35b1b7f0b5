import CKernels
import CVCore
import CVTensor

/// Scales all gradients by one factor so that their total norm is at most `norm`, as
/// `torch.nn.utils.clip_grad_norm_`.
///
/// - Parameters:
///   - parameters: the parameters whose gradients are clipped.
///   - norm: the largest total L2 norm, above 0.
/// - Returns: the total norm before clipping.
@discardableResult
public func clipGradients(_ parameters: some Sequence<Parameter>, norm: Float) -> Float {
    precondition(norm > 0, "clipGradients: a norm of \(norm), above 0 expected")
    let gradients = parameters.compactMap(\.gradient)
    let total = Float(gradients.reduce(0) { $0 + sumOfSquares($1) }.squareRoot())
    // The epsilon of PyTorch.
    let factor = norm / (total + 1e-6)
    if factor < 1 {
        for parameter in parameters { parameter.gradient = parameter.gradient.map { $0 * factor } }
    }
    return total
}

/// Clamps each element of the gradients to ± `value`, as `torch.nn.utils.clip_grad_value_`.
///
/// - Parameters:
///   - parameters: the parameters whose gradients are clipped.
///   - value: the largest magnitude, above 0.
public func clipGradients(_ parameters: some Sequence<Parameter>, value: Float) {
    precondition(value > 0, "clipGradients: a value of \(value), above 0 expected")
    for parameter in parameters {
        parameter.gradient = parameter.gradient.map { gradient in
            Tensor(shape: gradient.shape) { result in
                gradient.withValues { for index in $0.indices { result[index] = max(-value, min($0[index], value)) } }
            }
        }
    }
}

/// Summed over pieces of a fixed size, so that the result does not depend on the number of threads.
private func sumOfSquares(_ x: Tensor) -> Double {
    x.withValues { x in
        stride(from: 0, to: x.count, by: 1 << 12).reduce(0.0) { sum, start in
            let (part, count) = (x.baseAddress! + start, Swift.min(1 << 12, x.count - start))
            return sum + Double(cvk_dot(InstructionSet.current.cValue, part, 0, part, 0, count))
        }
    }
}
