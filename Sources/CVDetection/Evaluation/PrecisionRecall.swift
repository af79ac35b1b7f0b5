/// How well the objects of one class were found, at each overlap threshold.
///
/// As `COCOeval.accumulate` of pycocotools.
struct ClassAccumulation: Sendable {
    /// The number of objects that count, for each area.
    let counts: SIMD4<Int>
    /// The mean over the recalls of the precision, area × overlap threshold; nil for areas without objects.
    private(set) var averagePrecision: [[Double]?] = []
    /// Found among the surest of an image, limit × overlap threshold, of all sizes; nil without objects.
    private(set) var recall: [[Double]?] = []
    /// The same for the largest limit, area × overlap threshold.
    private(set) var recallByArea: [[Double]?] = []
    /// Over the thresholds of the score; nil without objects.
    private(set) var curve: DetectionCurve?

    /// Accumulates the results of all images.
    ///
    /// - Parameters:
    ///   - matched: of all images, in the order of their numbers.
    ///   - counts: of the objects, for each area.
    init(_ matched: [MatchedResult], counts: SIMD4<Int>) {
        self.counts = counts
        // Stable, as numpy's merge sort: of equally sure results the first one comes first.
        let order = matched.indices.sorted { (-matched[$0].score, $0) < (-matched[$1].score, $1) }
        let sorted = order.map { matched[$0] }
        let thresholds = COCOProtocol.overlaps.indices
        for area in COCOProtocol.areas.indices {
            guard counts[area] > 0 else {
                averagePrecision.append(nil)
                recallByArea.append(nil)
                continue
            }
            averagePrecision.append(
                thresholds.map {
                    Self.averagePrecision(sorted, area: area, threshold: $0, of: counts[area])
                })
            recallByArea.append(
                thresholds.map {
                    Self.recall(sorted, area: area, threshold: $0, limit: .max, of: counts[area])
                })
        }
        if counts[0] > 0 { curve = DetectionCurve(sorted, of: counts[0]) }
        recall = COCOProtocol.limits.map { limit in
            counts[0] == 0
                ? nil
                : thresholds.map {
                    Self.recall(sorted, area: 0, threshold: $0, limit: limit, of: counts[0])
                }
        }
    }

    private static func recall(
        _ sorted: [MatchedResult], area: Int, threshold: Int, limit: Int, of count: Int
    ) -> Double {
        let bit: UInt16 = 1 << threshold
        var found = 0
        for result in sorted
        where result.rank < limit && result.found[area] & ~result.ignored[area] & bit != 0 {
            found += 1
        }
        return Double(found) / Double(count)
    }

    private static func averagePrecision(
        _ sorted: [MatchedResult], area: Int, threshold: Int, of count: Int
    ) -> Double {
        let bit: UInt16 = 1 << threshold
        return averagePrecision(
            sorted.lazy.filter { $0.ignored[area] & bit == 0 }.map { $0.found[area] & bit != 0 }, of: count)
    }

    /// The mean of the precision at 101 recalls, where the precision at a recall is the greatest at that or a higher one.
    ///
    /// - Parameters:
    ///   - isRight: whether each result found an object, the surest first.
    ///   - count: the number of objects, more than 0.
    static func averagePrecision(_ isRight: some Collection<Bool>, of count: Int) -> Double {
        var (right, wrong) = (0.0, 0.0)
        var recalls: [Double] = []
        var precisions: [Double] = []
        for isRight in isRight {
            if isRight { right += 1 } else { wrong += 1 }
            recalls.append(right / Double(count))
            precisions.append(right / (wrong + right + Double.ulpOfOne))
        }
        for index in precisions.indices.dropLast().reversed() {
            precisions[index] = max(precisions[index], precisions[index + 1])
        }
        var sum = 0.0
        var position = 0
        for recall in COCOProtocol.recalls {
            while position < recalls.count && recalls[position] < recall { position += 1 }
            guard position < recalls.count else { break }
            sum += precisions[position]
        }
        return sum / Double(COCOProtocol.recalls.count)
    }
}
