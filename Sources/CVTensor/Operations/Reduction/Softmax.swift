import CKernels
import CVCore

/// e^x over its sum along a dimension, as `torch.nn.functional.softmax`.
///
/// The maximum is subtracted first, so no exponential overflows. One NaN makes its whole line NaN.
///
/// - Parameters:
///   - x: of any shape.
///   - dimension: negative ones count from the last.
/// - Returns: a tensor of the same shape.
public func softmax(_ x: Tensor, dimension: Int = -1) -> Tensor {
    let lines = Lines(x.shape, dimension: dimension, for: "softmax")
    let y = lines.mapped(x, x) { x, _, y, count in
        let isa = InstructionSet.current.cValue
        cvk_exponential(isa, -largest(x, count), x, y, count)
        cvk_scale_shift(isa, 1 / cvk_sum(isa, y, count), 0, y, y, count)
    }
    // dx = y · (dy - Σ dy · y)
    return y.recorded(
        as: .softmax(axis: lines.axis),
        (
            x,
            {
                lines.mapped($0, y) { dy, y, dx, count in
                    let isa = InstructionSet.current.cValue
                    cvk_scale_shift(isa, 1, -cvk_dot(isa, dy, 0, y, 0, count), dy, dx, count)
                    cvk_multiply(isa, dx, y, dx, count)
                }
            }
        ))
}

/// The logarithm of the softmax without its loss of digits, as `torch.nn.functional.log_softmax`.
///
/// - Parameters:
///   - x: of any shape.
///   - dimension: negative ones count from the last.
/// - Returns: a tensor of the same shape.
public func logSoftmax(_ x: Tensor, dimension: Int = -1) -> Tensor {
    let lines = Lines(x.shape, dimension: dimension, for: "logSoftmax")
    let y = lines.mapped(x, x) { x, _, y, count in
        let isa = InstructionSet.current.cValue
        let most = largest(x, count)
        cvk_exponential(isa, -most, x, y, count)
        let logarithm = logf(cvk_sum(isa, y, count))
        // Subtracted one after the other: added to a large maximum, the logarithm would lose its digits.
        cvk_scale_shift(isa, 1, -most, x, y, count)
        cvk_scale_shift(isa, 1, -logarithm, y, y, count)
    }
    // dx = dy - e^y · Σ dy
    return y.recorded(
        as: .logSoftmax(axis: lines.axis),
        (
            x,
            {
                lines.mapped($0, y) { dy, y, dx, count in
                    let isa = InstructionSet.current.cValue
                    cvk_exponential(isa, 0, y, dx, count)
                    cvk_combine(isa, 1, dy, -cvk_sum(isa, dy, count), dx, 0, dx, count)
                }
            }
        ))
}

private func largest(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var most = -Float.infinity
    for index in 0..<count where x[index] > most { most = x[index] }
    return most
}

/// A tensor seen as its lines along one dimension.
private struct Lines {
    let shape: Shape
    /// The dimension, counted from the first.
    let axis: Int
    /// Elements of a line, and their stride.
    let count, stride: Int

    init(_ shape: Shape, dimension: Int, for operation: String) {
        axis = shape.axis(of: dimension, for: operation)
        self.shape = shape
        count = shape[axis]
        stride = shape.dimensions[(axis + 1)...].reduce(1, *)
    }

    /// A tensor computed line by line from two others. Lines that are not contiguous are gathered for `body`.
    func mapped(
        _ a: Tensor, _ b: Tensor,
        _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, _ count: Int) -> Void
    ) -> Tensor {
        Tensor(shape: shape, from: a, b) { y in
            a.withValues { a in
                b.withValues { b in
                    guard count > 0 else { return }
                    Parallel.forRanges(shape.count / count, grain: max(1, (1 << 12) / count)) { range in
                        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: 3 * count)
                        defer { scratch.deallocate() }
                        for line in range {
                            let start = line / stride * count * stride + line % stride
                            if stride == 1 {
                                body(a.baseAddress! + start, b.baseAddress! + start, y.baseAddress! + start, count)
                                continue
                            }
                            for index in 0..<count {
                                scratch[index] = a[start + index * stride]
                                scratch[count + index] = b[start + index * stride]
                            }
                            let result = scratch + 2 * count
                            body(scratch, scratch + count, result, count)
                            for index in 0..<count { y[start + index * stride] = result[index] }
                        }
                    }
                }
            }
        }
    }
}
