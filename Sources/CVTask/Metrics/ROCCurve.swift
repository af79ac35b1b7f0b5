/// The receiver operating characteristic of pairs: at each threshold of a distance, how many pairs of different people are
/// accepted as the same, and how many pairs of the same person are.
///
/// A pair is accepted if its distance is at most the threshold. Numbers equal those of scikit-learn's `roc_curve` (with
/// `drop_intermediate=False`) and `roc_auc_score` of the negated distances, ties included.
public struct ROCCurve: Sendable, Equatable {
    /// One threshold.
    public struct Point: Sendable, Equatable {
        /// Pairs of at most this distance are accepted; -infinity accepts none.
        public let threshold: Double
        /// The fraction of the pairs of different people that is accepted (FAR).
        public let falseAcceptRate: Double
        /// The fraction of the pairs of the same person that is accepted (TAR).
        public let trueAcceptRate: Double
    }

    /// From a threshold that accepts none to the largest distance; one for each distance that occurs.
    public let points: [Point]
    /// The numbers of pairs of the same person and of different people.
    public let same, different: Int

    /// Sorts the pairs by distance.
    ///
    /// - Parameters:
    ///   - distances: of pairs; finite.
    ///   - isSame: whether each pair is of the same person; both kinds must occur.
    public init(distances: [Double], isSame: [Bool]) {
        precondition(
            distances.count == isSame.count, "ROCCurve: \(distances.count) distances, \(isSame.count) answers")
        precondition(distances.allSatisfy(\.isFinite), "ROCCurve: distances must be finite")
        let same = isSame.count { $0 }
        let different = isSame.count - same
        precondition(same > 0 && different > 0, "ROCCurve: \(same) pairs of the same, \(different) of different people")
        (self.same, self.different) = (same, different)
        let order = distances.indices.sorted { distances[$0] < distances[$1] }
        var points = [Point(threshold: -.infinity, falseAcceptRate: 0, trueAcceptRate: 0)]
        var (accepted, wrongly) = (0, 0)
        for (position, index) in order.enumerated() {
            if isSame[index] { accepted += 1 } else { wrongly += 1 }
            // Equal distances are accepted together.
            if position + 1 < order.count, distances[order[position + 1]] == distances[index] { continue }
            points.append(
                Point(
                    threshold: distances[index], falseAcceptRate: Double(wrongly) / Double(different),
                    trueAcceptRate: Double(accepted) / Double(same)))
        }
        self.points = points
    }

    /// The area under the curve: the probability that a pair of the same person is nearer than one of different people, ties
    /// counting half.
    public var area: Double {
        zip(points, points.dropFirst()).reduce(0) { sum, ends in
            sum + (ends.1.falseAcceptRate - ends.0.falseAcceptRate)
                * (ends.1.trueAcceptRate + ends.0.trueAcceptRate) / 2
        }
    }

    /// Where as many of the ones are wrongly accepted as of the others are wrongly rejected, on the straight line between the
    /// two nearest points.
    public var equalError: (rate: Double, threshold: Double) {
        // At the first point none is accepted, at the last all: there is one where the rates have changed sides.
        let index = points.firstIndex { $0.falseAcceptRate >= 1 - $0.trueAcceptRate }!
        let (before, after) = (points[index - 1], points[index])
        let rejected = 1 - before.trueAcceptRate
        let change =
            after.falseAcceptRate - before.falseAcceptRate + after.trueAcceptRate - before.trueAcceptRate
        let part = (rejected - before.falseAcceptRate) / change
        let rate = before.falseAcceptRate + part * (after.falseAcceptRate - before.falseAcceptRate)
        return (rate, part < 0.5 && before.threshold.isFinite ? before.threshold : after.threshold)
    }

    /// The fraction of pairs of the same person that is accepted at the largest threshold at which no more than a given fraction
    /// of the others is.
    ///
    /// - Parameter falseAcceptRate: the largest fraction of pairs of different people, above 0.
    /// - Returns: nil if there are too few pairs of different people to tell: fewer than one is that fraction of them.
    public func trueAcceptRate(atFalseAcceptRate falseAcceptRate: Double) -> Double? {
        // 0.001 · 1000 must be 1, whatever the rounding.
        guard falseAcceptRate * Double(different) >= 1 - 1e-9 else { return nil }
        return points.last { $0.falseAcceptRate <= falseAcceptRate + 1e-12 }?.trueAcceptRate
    }

    /// The rates at a threshold.
    ///
    /// - Parameter threshold: pairs of at most this distance are accepted.
    /// - Returns: the point of the largest distance that is accepted.
    public func point(at threshold: Double) -> Point {
        var (low, high) = (0, points.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if points[middle].threshold <= threshold { low = middle } else { high = middle }
        }
        return points[low]
    }
}
