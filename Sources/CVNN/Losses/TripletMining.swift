import CVCore
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

/// How the triplets of a batch are chosen.
public enum TripletMining: String, Sendable, CaseIterable {
    /// For each pair of a class any negative. Most are easy soon, and teach nothing.
    case random
    /// For each pair of a class the nearest negative that is farther than the positive, but by less than the margin (Schroff
    /// et al. 2015, arXiv:1503.03832).
    case semiHard = "semi-hard"
    /// For each anchor the farthest positive and the nearest negative (Hermans et al. 2017, arXiv:1703.07737: batch hard).
    case hardest

    /// Chooses triplets of a batch.
    ///
    /// - Parameters:
    ///   - embeddings: [N, D].
    ///   - classes: class indices, N.
    ///   - margin: the margin of the triplet loss.
    ///   - squared: whether the loss compares squared distances.
    ///   - random: draws the negatives of `random`; the others draw nothing.
    /// - Returns: in the order of anchors and positives; for `semiHard` without the pairs that have no such negative.
    public func triplets(
        _ embeddings: Tensor, classes: [Int], margin: Float, squared: Bool = false, using random: inout SplitMix64
    ) -> [Triplet] {
        switch self {
        case .random: return randomTriplets(classes: classes, using: &random)
        case .semiHard: return semiHardTriplets(embeddings, classes: classes, margin: margin, squared: squared)
        case .hardest: return hardestTriplets(embeddings, classes: classes)
        }
    }
}

/// For each ordered pair of a class a negative that is drawn at random.
///
/// - Parameters:
///   - classes: class indices, N.
///   - random: draws the negatives.
/// - Returns: a triplet for each ordered pair of a class; none if all are of one class.
public func randomTriplets(classes: [Int], using random: inout SplitMix64) -> [Triplet] {
    let pairs = BatchPairs(classes)
    return pairs.positives.compactMap { anchor, positive in
        let negatives = pairs.negatives(of: anchor)
        if negatives.isEmpty { return nil }
        let position = Int(random.next().multipliedFullWidth(by: UInt64(negatives.count)).high)
        return Triplet(anchor: anchor, positive: positive, negative: negatives[position])
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
///   - squared: whether the loss compares squared distances, of which the margin is then one.
/// - Returns: at most one triplet for each ordered pair of a class.
public func semiHardTriplets(
    _ embeddings: Tensor, classes: [Int], margin: Float = 1, squared: Bool = false
) -> [Triplet] {
    let pairs = BatchPairs(classes)
    let distances = BatchDistances(embeddings, classes, squared: squared)
    return pairs.positives.compactMap { anchor, positive in
        let near = distances[anchor, positive]
        let semiHard = pairs.negatives(of: anchor).filter {
            distances[anchor, $0] > near && distances[anchor, $0] < near + margin
        }
        let nearest = semiHard.min { distances[anchor, $0] < distances[anchor, $1] }
        return nearest.map { Triplet(anchor: anchor, positive: positive, negative: $0) }
    }
}

/// Mines the hardest triplet of each anchor: the farthest of its class and the nearest of another (Hermans et al. 2017,
/// arXiv:1703.07737: batch hard).
///
/// - Parameters:
///   - embeddings: [N, D].
///   - classes: class indices, N.
/// - Returns: at most one triplet for each row: none where a class has one row, or there is no other class.
public func hardestTriplets(_ embeddings: Tensor, classes: [Int]) -> [Triplet] {
    let pairs = BatchPairs(classes)
    let distances = BatchDistances(embeddings, classes, squared: true)
    return classes.indices.compactMap { anchor in
        let farthest = pairs.positives(of: anchor).max { distances[anchor, $0] < distances[anchor, $1] }
        let nearest = pairs.negatives(of: anchor).min { distances[anchor, $0] < distances[anchor, $1] }
        guard let farthest, let nearest else { return nil }
        return Triplet(anchor: anchor, positive: farthest, negative: nearest)
    }
}

/// The triplet loss of mined triplets of one batch; 0 if there are none.
///
/// - Parameters:
///   - embeddings: [N, D].
///   - triplets: row indices of the batch.
///   - margin: by how much the negative is to be farther than the positive.
///   - squared: whether distances are squared.
/// - Returns: a scalar, [].
public func tripletLoss(
    _ embeddings: Tensor, _ triplets: [Triplet], margin: Float = 1, squared: Bool = false
) -> Tensor {
    if triplets.isEmpty { return embeddings.sum(to: []) * 0 }
    return tripletLoss(
        selectRows(embeddings, triplets.map(\.anchor)), positive: selectRows(embeddings, triplets.map(\.positive)),
        negative: selectRows(embeddings, triplets.map(\.negative)), margin: margin, squared: squared)
}

/// The pairs of a batch by their classes.
private struct BatchPairs {
    let classes: [Int]

    init(_ classes: [Int]) { self.classes = classes }

    /// Ordered.
    var positives: [(anchor: Int, positive: Int)] {
        classes.indices.flatMap { anchor in positives(of: anchor).map { (anchor, $0) } }
    }

    func positives(of anchor: Int) -> [Int] {
        classes.indices.filter { $0 != anchor && classes[$0] == classes[anchor] }
    }

    func negatives(of anchor: Int) -> [Int] { classes.indices.filter { classes[$0] != classes[anchor] } }
}

/// The distances between all rows of a batch.
private struct BatchDistances {
    private let count: Int
    private let values: [Float]

    init(_ x: Tensor, _ classes: [Int], squared: Bool) {
        precondition(
            x.shape.rank == 2 && x.shape[0] == classes.count,
            "triplets: [N, D] and N classes expected, found \(x.shape) and \(classes.count)")
        let (count, width) = (x.shape[0], x.shape[1])
        self.count = count
        values = x.withValues { x in
            (0..<count * count).map { pair in
                let (a, b) = (pair / count * width, pair % count * width)
                var sum: Float = 0
                for index in 0..<width { sum += (x[a + index] - x[b + index]) * (x[a + index] - x[b + index]) }
                return squared ? sum : sum.squareRoot()
            }
        }
    }

    subscript(a: Int, b: Int) -> Float { values[a * count + b] }
}
