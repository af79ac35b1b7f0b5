import CVTensor

/// An anchor, one of its class, and one of another, as rows of a batch.
public struct Triplet: Sendable, Equatable {
    public let anchor, positive, negative: Int

    public init(anchor: Int, positive: Int, negative: Int) {
        self.anchor = anchor
        self.positive = positive
        self.negative = negative
    }
}

/// For each pair of a class in a batch the semi-hard negative (Schroff et al. 2015, arXiv:1503.03832).
///
/// That is the nearest of those farther from the anchor than the positive is, but by less than `margin`. Where there is
/// none, the pair teaches nothing or too much, and is left out.
///
/// embeddings: [N, D]; classes: N.
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

/// `tripletLoss` of chosen rows of one batch of embeddings; 0 if there are none.
public func tripletLoss(_ embeddings: Tensor, _ triplets: [Triplet], margin: Float = 1) -> Tensor {
    if triplets.isEmpty { return sum(embeddings, to: []) * 0 }
    return tripletLoss(
        selectRows(embeddings, triplets.map(\.anchor)), positive: selectRows(embeddings, triplets.map(\.positive)),
        negative: selectRows(embeddings, triplets.map(\.negative)), margin: margin)
}

/// Of each row to each, [N · N].
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
