import CVCore

/// The accuracy of a verification by the protocol of Labeled Faces in the Wild (Huang et al. 2007): in each fold with the
/// threshold that is best on all other folds.
///
/// Only so does the accuracy say what a threshold is worth on pairs that it was not chosen on.
public struct FoldedAccuracy: Sendable, Equatable {
    /// The accuracy in each fold.
    public let accuracies: [Double]
    /// The threshold of each fold, chosen on the others.
    public let thresholds: [Double]

    /// The mean over the folds.
    public var mean: Double { accuracies.reduce(0, +) / Double(accuracies.count) }

    /// The standard error of the mean: the deviation of the folds, with n - 1, over √n.
    public var standardError: Double {
        let (n, mean) = (Double(accuracies.count), mean)
        let squares = accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / (n - 1) / n).squareRoot()
    }

    /// The mean of the thresholds.
    public var threshold: Double { thresholds.reduce(0, +) / Double(thresholds.count) }

    /// Chooses the thresholds, and counts.
    ///
    /// - Parameters:
    ///   - distances: of pairs; finite.
    ///   - isSame: whether each pair is of the same person.
    ///   - folds: the fold of each pair, from 0.
    /// - Returns: nil if fewer than two folds have pairs.
    public init?(distances: [Double], isSame: [Bool], folds: [Int]) {
        precondition(
            distances.count == isSame.count && folds.count == isSame.count,
            "FoldedAccuracy: \(distances.count) distances, \(isSame.count) answers, \(folds.count) folds")
        let order = distances.indices.sorted { distances[$0] < distances[$1] }
        var (accuracies, thresholds): ([Double], [Double]) = ([], [])
        let numbers = Set(folds).sorted()
        guard numbers.count > 1 else { return nil }
        for fold in numbers {
            let threshold = Self.bestThreshold(distances, isSame, order: order.filter { folds[$0] != fold })
            let mine = distances.indices.filter { folds[$0] == fold }
            let hits = mine.count { (distances[$0] <= threshold) == isSame[$0] }
            accuracies.append(Double(hits) / Double(mine.count))
            thresholds.append(threshold)
        }
        (self.accuracies, self.thresholds) = (accuracies, thresholds)
    }

    /// The threshold with the highest accuracy: in the middle between two distances, and of equal ones in the middle of them.
    ///
    /// - Parameters:
    ///   - distances: of pairs.
    ///   - isSame: whether each pair is of the same person.
    ///   - order: indices of the pairs that count, by their distances; not empty.
    static func bestThreshold(_ distances: [Double], _ isSame: [Bool], order: [Int]) -> Double {
        // Accepting none: as many are right as are of different people.
        var right = order.count { !isSame[$0] }
        var best = (right: right, thresholds: [distances[order[0]] - 1])
        for (position, index) in order.enumerated() {
            right += isSame[index] ? 1 : -1
            let next = position + 1 < order.count ? distances[order[position + 1]] : distances[index] + 1
            if next == distances[index] || right < best.right { continue }
            let threshold = distances[index] + (next - distances[index]) / 2
            if right > best.right { best = (right, [threshold]) } else { best.thresholds.append(threshold) }
        }
        return best.thresholds[best.thresholds.count / 2]
    }
}
