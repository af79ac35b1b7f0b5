import CVTensor

/// All pairs of the rows of a batch, each once: what a siamese network is trained on.
public struct PairBatch: Sendable, Equatable {
    /// Row indices of the first and the second of each pair.
    public let first, second: [Int]
    /// Whether both are of the same class.
    public let isSame: [Bool]

    /// - Parameter classes: class indices, N.
    public init(classes: [Int]) {
        let pairs = classes.indices.flatMap { a in (a..<classes.count).dropFirst().map { (a, $0) } }
        (first, second) = (pairs.map(\.0), pairs.map(\.1))
        isSame = pairs.map { classes[$0] == classes[$1] }
    }

    /// The number of pairs.
    public var count: Int { isSame.count }

    /// A loss over the pairs of the same class and one over the others, each counting half: of N rows of P classes, only about
    /// one pair in P is of the same class.
    ///
    /// - Parameter loss: of the pairs at some positions, which are all of the same class or all of different ones.
    /// - Returns: the mean of the two; the only one where the other has no pairs.
    public func balanced(_ loss: (_ positions: [Int], _ isSame: Bool) -> Tensor) -> Tensor {
        precondition(count > 0, "PairBatch: a batch of one row or none has no pairs")
        let parts = [true, false].compactMap { same in
            let positions = isSame.indices.filter { isSame[$0] == same }
            return positions.isEmpty ? nil : loss(positions, same)
        }
        return parts.dropFirst().reduce(parts[0], +) * (1 / Float(parts.count))
    }
}

/// The mean binary cross-entropy of the logits of pairs: sigmoid(logit) is the probability that both are the same.
///
/// Pairs of the same class count together as much as all others.
///
/// - Parameters:
///   - logits: one for each pair, such as those of a logistic head, [N, 1].
///   - pairs: N pairs.
/// - Returns: a scalar, [].
public func pairLoss(_ logits: Tensor, _ pairs: PairBatch) -> Tensor {
    precondition(logits.shape == [pairs.count, 1], "pairLoss: \(logits.shape) for \(pairs.count) pairs")
    return pairs.balanced { positions, isSame in
        binaryCrossEntropy(
            selectRows(logits, positions), Tensor(repeating: isSame ? 1 : 0, shape: [positions.count, 1]))
    }
}

/// The contrastive loss of all pairs of a batch; see `contrastiveLoss(_:_:isSame:margin:)`.
///
/// Pairs of the same class count together as much as all others.
///
/// - Parameters:
///   - embeddings: [N, D].
///   - pairs: of its rows.
///   - margin: the distance from which pairs of different classes no longer count.
/// - Returns: a scalar, [].
public func contrastiveLoss(_ embeddings: Tensor, _ pairs: PairBatch, margin: Float = 1) -> Tensor {
    pairs.balanced { positions, isSame in
        contrastiveLoss(
            selectRows(embeddings, positions.map { pairs.first[$0] }),
            selectRows(embeddings, positions.map { pairs.second[$0] }),
            isSame: [Bool](repeating: isSame, count: positions.count), margin: margin)
    }
}
