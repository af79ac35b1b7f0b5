import CVTensor

/// A triplet as row indices of a batch.
public struct Triplet: Sendable, Equatable {
    /// The anchor, an example of its class (positive), and one of another (negative).
    public let anchor, positive, negative: Int

    /// Creates a triplet of row indices.
    ///
    /// - Parameters:
    ///   - anchor: the anchor.
    ///   - positive: an example of the same class.
    ///   - negative: an example of another class.
    public init(anchor: Int, positive: Int, negative: Int) {
        self.anchor = anchor
        self.positive = positive
        self.negative = negative
    }
}

/// Mines the semi-hard negative of each pair of a class in a batch (Schroff et al. 2015, arXiv:1503.03832).
///
/// That is the nearest negative that is farther from the anchor than the positive, but by less than `margin`. A pair
/// without one is left out.
///
/// - Parameters:
///   - embeddings: [N, D].
///   - classes: class indices, N.
///   - margin: the margin of the triplet loss.
/// - Returns: at most one triplet for each ordered pair of a class.
public func semiHardTriplets(_ embeddings: Tensor, classes: [Int], margin: Float = 1) -> [Triplet] {
    precondition(
        embeddings.shape.rank == 2 && embeddings.shape[0] == classes.count,
        "semiHardTriplets: [N, D] and N classes expected, found \(embeddings.shape) and \(classes.count)")
    let count = classes.count
    let distances = squaredDistances(embeddings).map { $0.squareRoot() }
    var triplets: [Triplet] = []
    for anchor in 0..<count {
        let row = anchor * count
        for positive in 0..<count where positive != anchor && classes[positive] == classes[anchor] {
            let near = distances[row + positive]
            let semiHard = (0..<count).filter { other in
                let far = distances[row + other]
                return classes[other] != classes[anchor] && far > near && far < near + margin
            }
            guard let negative = semiHard.min(by: { distances[row + $0] < distances[row + $1] }) else { continue }
            triplets.append(Triplet(anchor: anchor, positive: positive, negative: negative))
        }
    }
    return triplets
}

/// The triplet loss of mined triplets of one batch; 0 if there are none.
///
/// - Parameters:
///   - embeddings: [N, D].
///   - triplets: row indices of the batch.
///   - margin: by how much the negative is to be farther than the positive.
/// - Returns: a scalar, [].
public func tripletLoss(_ embeddings: Tensor, _ triplets: [Triplet], margin: Float = 1) -> Tensor {
    if triplets.isEmpty { return embeddings.sum(to: []) * 0 }
    return tripletLoss(
        selectRows(embeddings, triplets.map(\.anchor)), positive: selectRows(embeddings, triplets.map(\.positive)),
        negative: selectRows(embeddings, triplets.map(\.negative)), margin: margin)
}

/// Squared distances between all rows, [N · N].
private func squaredDistances(_ x: Tensor) -> [Float] {
    let (count, width) = (x.shape[0], x.shape[1])
    return x.withValues { x in
        (0..<count * count).map { pair in
            let (a, b) = (pair / count * width, pair % count * width)
            var sum: Float = 0
            for index in 0..<width { sum += (x[a + index] - x[b + index]) * (x[a + index] - x[b + index]) }
            return sum
        }
    }
}
