import CKernels
import CVCore

/// Elementwise sum; shapes are broadcast as in PyTorch.
public func + (a: Tensor, b: Tensor) -> Tensor {
    // The shapes only: the values are not needed for the gradient, so they are not kept for it.
    let (left, right) = (a.shape, b.shape)
    return elementwise(a, b, named: "+", cvk_add).recorded(
        as: .add, (a, { sum($0, to: left) }), (b, { sum($0, to: right) }))
}

/// a + b of tensors that no tape watches, in the memory of a where nobody else holds that.
func added(_ a: consuming Tensor, _ b: Tensor) -> Tensor {
    guard a.shape == b.shape, a.isSoleOwner() else { return a + b }
    let (sum, part) = (a.storage.pointer, b.storage.pointer)
    Parallel.forRanges(a.shape.count, grain: 1 << 14) { range in
        let start = range.lowerBound
        cvk_add(InstructionSet.current.cValue, sum + start, part + start, sum + start, range.count)
    }
    withExtendedLifetime(b) {}
    return a
}

/// Elementwise product; shapes are broadcast as in PyTorch.
public func * (a: Tensor, b: Tensor) -> Tensor {
    let (left, right) = (a.detached, b.detached)
    return elementwise(a, b, named: "*", cvk_multiply).recorded(
        as: .multiply, (a, { sum($0 * right, to: left.shape) }), (b, { sum($0 * left, to: right.shape) }))
}

/// Elementwise difference; shapes are broadcast as in PyTorch.
public func - (a: Tensor, b: Tensor) -> Tensor { a + b * -1 }

/// Every element times a number.
public func * (a: Tensor, factor: Float) -> Tensor { scaled(a, by: factor, plus: 0) }

/// Every element plus a number.
public func + (a: Tensor, term: Float) -> Tensor { scaled(a, by: 1, plus: term) }

private func scaled(_ x: Tensor, by scale: Float, plus shift: Float) -> Tensor {
    let y = Tensor(shape: x.shape, from: x) { y in
        x.withValues { x in
            Parallel.forRanges(x.count, grain: 1 << 14) { range in
                let start = range.lowerBound
                cvk_scale_shift(
                    InstructionSet.current.cValue, scale, shift, x.baseAddress! + start, y.baseAddress! + start,
                    range.count)
            }
        }
    }
    return y.recorded(as: .scale(factor: scale, term: shift), (x, { scaled($0, by: scale, plus: 0) }))
}

private typealias Kernel = (
    cvk_isa, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int
) -> Void

private func elementwise(_ a: Tensor, _ b: Tensor, named name: String, _ kernel: Kernel) -> Tensor {
    guard let shape = a.shape.broadcast(with: b.shape) else {
        preconditionFailure("\(a.shape) \(name) \(b.shape): the shapes cannot be broadcast")
    }
    let (a, b) = (broadcast(a.detached, to: shape), broadcast(b.detached, to: shape))
    return Tensor(shape: shape, from: a, b) { y in
        a.withValues { a in
            b.withValues { b in
                Parallel.forRanges(a.count, grain: 1 << 14) { range in
                    let start = range.lowerBound
                    kernel(
                        InstructionSet.current.cValue, a.baseAddress! + start, b.baseAddress! + start,
                        y.baseAddress! + start, range.count)
                }
            }
        }
    }
}
