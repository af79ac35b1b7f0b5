import CVCore

/// Divides each row by its Euclidean length, as `torch.nn.functional.normalize(x, dim=1)`: embeddings on the unit sphere,
/// whose squared distance is 2 - 2 · cosine.
///
/// - Parameters:
///   - x: [N, D].
///   - epsilon: the smallest divisor, for rows of zeros.
/// - Returns: [N, D].
public func l2Normalized(_ x: Tensor, epsilon: Float = 1e-12) -> Tensor {
    precondition(x.shape.rank == 2, "l2Normalized: [N, D] expected, found \(x.shape)")
    let input = x.detached
    let divisors = input.isShapeOnly ? [] : rowDivisors(of: input, epsilon)
    let y = perRow(input, input) { row, x, _, y in
        for index in x.indices { y[index] = x[index] / divisors[row] }
    }
    // dx = (dy - y · Σ dy · y) / length; a row of zeros is divided by a constant, so that its sum is 0.
    return y.recorded(
        as: .l2Normalize(epsilon: epsilon),
        (
            x,
            {
                perRow($0, y) { row, dy, y, dx in
                    var sum: Float = 0
                    if divisors[row] > epsilon { for index in dy.indices { sum += dy[index] * y[index] } }
                    for index in dy.indices { dx[index] = (dy[index] - y[index] * sum) / divisors[row] }
                }
            }
        ))
}

private func rowDivisors(of x: Tensor, _ epsilon: Float) -> [Float] {
    let width = x.shape[1]
    return x.withValues { x in
        (0..<(width == 0 ? 0 : x.count / width)).map { row in
            // In double precision: the squares of large values are not infinite.
            let squares = x[row * width..<(row + 1) * width].reduce(0.0) { $0 + Double($1) * Double($1) }
            return max(Float(squares.squareRoot()), epsilon)
        }
    }
}

/// Rows of two matrices to rows of a new one.
private func perRow(
    _ a: Tensor, _ b: Tensor,
    _ body: (
        _ row: Int, UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>
    ) -> Void
) -> Tensor {
    let (rows, width) = (a.shape[0], a.shape[1])
    return Tensor(shape: a.shape, from: a, b) { y in
        a.withValues { a in
            b.withValues { b in
                for row in 0..<rows {
                    let range = row * width..<(row + 1) * width
                    body(
                        row, UnsafeBufferPointer(rebasing: a[range]), UnsafeBufferPointer(rebasing: b[range]),
                        UnsafeMutableBufferPointer(rebasing: y[range]))
                }
            }
        }
    }
}
