/// |a - b|, element by element, as `torch.abs(a - b)`: how much two embeddings differ in each feature.
///
/// Where the two are equal, the gradient is 0, as in PyTorch.
///
/// - Parameters:
///   - a: of any shape.
///   - b: of the same shape.
/// - Returns: a tensor of that shape.
public func absoluteDifference(_ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(a.shape == b.shape, "absoluteDifference: \(a.shape) and \(b.shape), the same shape expected")
    let (left, right) = (a.detached, b.detached)
    func slope(_ a: Float, _ b: Float) -> Float { a > b ? 1 : a < b ? -1 : 0 }
    return zipped(left, right) { abs($0 - $1) }.recorded(
        as: .absoluteDifference,
        (a, { $0 * zipped(left, right, slope) }), (b, { $0 * zipped(left, right) { -slope($0, $1) } }))
}

/// (a - b)² / (a + b + epsilon), element by element: the terms of the χ² distance of two embeddings (Taigman et al. 2014,
/// "DeepFace", section 4.1). A difference counts more where both values are small.
///
/// - Parameters:
///   - a: values that are not negative, of any shape.
///   - b: values that are not negative, of the same shape.
///   - epsilon: keeps the quotient defined where both are 0.
/// - Returns: a tensor of that shape.
public func chiSquaredDifference(_ a: Tensor, _ b: Tensor, epsilon: Float = 1e-6) -> Tensor {
    precondition(a.shape == b.shape, "chiSquaredDifference: \(a.shape) and \(b.shape), the same shape expected")
    let (left, right) = (a.detached, b.detached)
    // With respect to the first; q (2 - q) for q = (a - b) / (a + b).
    func slope(_ a: Float, _ b: Float) -> Float {
        let q = (a - b) / (a + b + epsilon)
        return q * (2 - q)
    }
    return zipped(left, right) { ($0 - $1) * ($0 - $1) / ($0 + $1 + epsilon) }.recorded(
        as: .chiSquaredDifference(epsilon: epsilon),
        (a, { $0 * zipped(left, right, slope) }), (b, { $0 * zipped(left, right) { slope($1, $0) } }))
}

private func zipped(_ a: Tensor, _ b: Tensor, _ f: (Float, Float) -> Float) -> Tensor {
    Tensor(shape: a.shape, from: a, b) { y in
        a.withValues { a in
            b.withValues { b in
                for index in a.indices { y[index] = f(a[index], b[index]) }
            }
        }
    }
}
