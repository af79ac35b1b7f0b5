import CVTensor

/// The triplet loss: the mean of max(0, d(anchor, positive) - d(anchor, negative) + margin).
///
/// d is the Euclidean distance, as in `torch.nn.TripletMarginLoss`, or with `squared` its square, as in FaceNet (Schroff et
/// al. 2015, arXiv:1503.03832): ‖f(A) - f(P)‖² - ‖f(A) - f(N)‖² + α.
///
/// - Parameters:
///   - anchor: embeddings, [N, D].
///   - positive: embeddings of the same classes, [N, D].
///   - negative: embeddings of other classes, [N, D].
///   - margin: by how much the negative is to be farther than the positive.
///   - squared: whether the distances are squared.
/// - Returns: a scalar, [].
public func tripletLoss(
    _ anchor: Tensor, positive: Tensor, negative: Tensor, margin: Float = 1, squared: Bool = false
) -> Tensor {
    let (near, far) = (
        RowDifferences(anchor, positive, squared: squared), RowDifferences(anchor, negative, squared: squared)
    )
    let count = near.shape[0]
    let excess = zip(near.distances, far.distances).map { max(0, $0 - $1 + margin) }
    /// The slopes of the triplets within the margin.
    let counted = excess.map { $0 > 0 ? 1 / Float(count) : 0 }
    return scalar(from: anchor, positive, negative) { excess.reduce(0) { $0 + Double($1) } / Double(count) }.recorded(
        as: .loss("tripletLoss"),
        (anchor, { near.gradient(counted, times: $0.item) + far.gradient(counted, times: -$0.item) }),
        (positive, { near.gradient(counted, times: -$0.item) }),
        (negative, { far.gradient(counted, times: $0.item) }))
}

/// The contrastive loss: half the mean of d² for pairs of the same class and max(0, margin - d)² for others (Hadsell et
/// al. 2006); d is the Euclidean distance.
///
/// - Parameters:
///   - a: embeddings, [N, D].
///   - b: embeddings, [N, D].
///   - isSame: whether each pair is of the same class, N.
///   - margin: the distance from which pairs of different classes no longer count.
/// - Returns: a scalar, [].
public func contrastiveLoss(_ a: Tensor, _ b: Tensor, isSame: [Bool], margin: Float = 1) -> Tensor {
    let pairs = RowDifferences(a, b)
    let count = pairs.shape[0]
    precondition(isSame.count == count, "contrastiveLoss: \(isSame.count) labels for \(count) pairs")
    /// How much too far apart (positive) or too near (negative) each pair is.
    let excess = zip(pairs.distances, isSame).map { $1 ? $0 : min(0, $0 - margin) }
    let slopes = excess.map { $0 / Float(count) }
    return scalar(from: a, b) { excess.reduce(0) { $0 + Double($1 * $1) } / Double(2 * count) }.recorded(
        as: .loss("contrastiveLoss"),
        (a, { pairs.gradient(slopes, times: $0.item) }), (b, { pairs.gradient(slopes, times: -$0.item) }))
}

/// Rows of a tensor, in any order and with repetitions, as `torch.index_select` along dimension 0.
///
/// - Parameters:
///   - x: [N, …].
///   - indices: row indices in 0 ..< N.
/// - Returns: [indices.count, …].
public func selectRows(_ x: Tensor, _ indices: [Int]) -> Tensor {
    let shape = x.shape
    precondition(shape.rank >= 1, "selectRows: a scalar has no rows")
    precondition(indices.allSatisfy { $0 >= 0 && $0 < shape[0] }, "selectRows: rows \(indices) of \(shape)")
    let size = shape.dimensions.dropFirst().reduce(1, *)
    let y = Tensor(shape: Shape([indices.count] + shape.dimensions.dropFirst()), from: x) { y in
        x.withValues { x in
            guard size > 0 else { return }
            for (row, index) in indices.enumerated() {
                (y.baseAddress! + row * size).update(from: x.baseAddress! + index * size, count: size)
            }
        }
    }
    return y.recorded(as: .selectRows(indices), (x, { scattered($0, to: indices, shape: shape, size: size) }))
}

/// Adds each row to the row it was selected from: the gradient of `selectRows`.
private func scattered(_ dy: Tensor, to indices: [Int], shape: Shape, size: Int) -> Tensor {
    Tensor(shape: shape) { dx in
        dx.initialize(repeating: 0)
        dy.withValues { dy in
            for (row, index) in indices.enumerated() {
                for position in 0..<size { dx[index * size + position] += dy[row * size + position] }
            }
        }
    }
}

/// The row differences of two matrices, and their norms or the squares of these.
private struct RowDifferences: Sendable {
    let shape: Shape
    /// Empty where a matrix is shape-only.
    let differences, distances: [Float]
    private let isSquared: Bool

    /// PyTorch adds this to every difference, so that the distance of equal rows is differentiable; squares are in any
    /// case.
    private static let epsilon: Float = 1e-6

    init(_ a: Tensor, _ b: Tensor, squared: Bool = false) {
        precondition(
            a.shape == b.shape && a.shape.rank == 2 && a.shape[0] > 0,
            "two of the same [N, D] expected, found \(a.shape) and \(b.shape)")
        (shape, isSquared) = (a.shape, squared)
        let width = a.shape[1]
        guard !a.isShapeOnly, !b.isShapeOnly else {
            (differences, distances) = ([], [])
            return
        }
        let term = squared ? 0 : Self.epsilon
        let differences = zip(a.values, b.values).map { $0 - $1 + term }
        self.differences = differences
        distances = (0..<a.shape[0]).map { row in
            var sum: Float = 0
            for index in row * width..<(row + 1) * width { sum += differences[index] * differences[index] }
            return squared ? sum : sum.squareRoot()
        }
    }

    /// The gradient of factor · Σ slope · distance with respect to the first matrix.
    func gradient(_ slopes: [Float], times factor: Float) -> Tensor {
        let width = shape[1]
        return Tensor(shape: shape) { dx in
            for row in distances.indices {
                let scale: Float =
                    isSquared
                    ? 2 * factor * slopes[row]
                    : distances[row] > 0 ? factor * slopes[row] / distances[row] : 0
                for index in row * width..<(row + 1) * width { dx[index] = scale * differences[index] }
            }
        }
    }
}
