import CKernels
import CVCore

/// Elementwise sum, as in PyTorch with broadcasting.
///
/// - Parameters:
///   - a: of any shape.
///   - b: of a shape that can be broadcast with that of `a`.
/// - Returns: the sum in the common shape.
public func + (a: Tensor, b: Tensor) -> Tensor {
    // The shapes only: the gradient does not need the values, so they are not retained.
    let (left, right) = (a.shape, b.shape)
    return elementwise(a, b, named: "+", cvk_add).recorded(
        as: .add, (a, { $0.sum(to: left) }), (b, { $0.sum(to: right) }))
}

/// a + b of tensors that no tape watches, in the memory of a if it is the sole owner.
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

/// Elementwise product, as in PyTorch with broadcasting.
///
/// - Parameters:
///   - a: of any shape.
///   - b: of a shape that can be broadcast with that of `a`.
/// - Returns: the product in the common shape.
public func * (a: Tensor, b: Tensor) -> Tensor {
    let (left, right) = (a.detached, b.detached)
    return elementwise(a, b, named: "*", cvk_multiply).recorded(
        as: .multiply, (a, { ($0 * right).sum(to: left.shape) }), (b, { ($0 * left).sum(to: right.shape) }))
}

/// Elementwise difference, as in PyTorch with broadcasting.
///
/// - Parameters:
///   - a: of any shape.
///   - b: of a shape that can be broadcast with that of `a`.
/// - Returns: the difference in the common shape.
public func - (a: Tensor, b: Tensor) -> Tensor { a + b * -1 }

/// Multiplies every element by a number.
///
/// - Parameters:
///   - a: of any shape.
///   - factor: the number.
/// - Returns: a tensor of the shape of `a`.
public func * (a: Tensor, factor: Float) -> Tensor { scaled(a, by: factor, plus: 0) }

/// Adds a number to every element.
///
/// - Parameters:
///   - a: of any shape.
///   - term: the number.
/// - Returns: a tensor of the shape of `a`.
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
    let (a, b) = (a.detached.broadcast(to: shape), b.detached.broadcast(to: shape))
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
