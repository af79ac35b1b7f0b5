/// Precision and recall of one class over the thresholds of the score, where an overlap of 0.5 is enough.
public struct DetectionCurve: Sendable, Equatable, Codable {
    /// What results from a threshold on count for.
    public struct Point: Sendable, Equatable, Codable {
        /// Results of at least this score count.
        public var threshold: Double
        /// The fraction of the results that found an object.
        public var precision: Double
        /// The fraction of the objects that were found.
        public var recall: Double

        /// The harmonic mean of precision and recall; 0 where both are.
        public var f1: Double { precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0 }
    }

    /// In descending order of the thresholds; of many, about a thousand that are spread over them.
    public let points: [Point]
    /// The point with the greatest F1, of equal ones that with the greatest threshold; nil without results.
    public let best: Point?

    private static let mostPoints = 1000

    /// Follows the results of a class, the surest first.
    ///
    /// - Parameters:
    ///   - sorted: in descending order of the score.
    ///   - count: the number of objects, more than 0.
    init(_ sorted: [MatchedResult], of count: Int) {
        var (right, wrong) = (0, 0)
        var points: [Point] = []
        for (index, result) in sorted.enumerated() {
            guard result.ignored[0] & 1 == 0 else { continue }
            if result.found[0] & 1 != 0 { right += 1 } else { wrong += 1 }
            // Equally sure results count together.
            if index + 1 < sorted.count, sorted[index + 1].score == result.score { continue }
            points.append(
                Point(
                    threshold: result.score, precision: Double(right) / Double(right + wrong),
                    recall: Double(right) / Double(count)))
        }
        best = points.max { $0.f1 < $1.f1 || $0.f1 == $1.f1 && $0.threshold < $1.threshold }
        let stride = max(1, points.count / Self.mostPoints)
        self.points = points.enumerated().filter { $0.0 % stride == 0 || $0.0 == points.count - 1 }.map(\.1)
    }
}
