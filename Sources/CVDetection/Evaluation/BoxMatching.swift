/// The thresholds and sizes of COCO's evaluation (https://cocodataset.org/#detection-eval).
enum COCOProtocol {
    /// Overlaps from which on a box counts as found: 0.5, 0.55, … 0.95. Rounded as numpy's `linspace` does.
    static let overlaps: [Double] = linspace(0.5, 0.95, 10)
    /// Recalls at which the precision is read: 0, 0.01, … 1.
    static let recalls: [Double] = linspace(0, 1, 101)
    /// How many results of a class count in an image, the surest first.
    static let limits = [1, 10, 100]
    /// Areas in square pixels: all, small, medium, large. The limits belong to both sides.
    static let areas: [ClosedRange<Double>] = [0...1e10, 0...1024, 1024...9216, 9216...1e10]

    private static func linspace(_ start: Double, _ end: Double, _ count: Int) -> [Double] {
        let step = (end - start) / Double(count - 1)
        return (0..<count).map { $0 == count - 1 ? end : Double($0) * step + start }
    }
}

/// What became of one result, for each of the areas: a bit for each overlap threshold.
struct MatchedResult {
    let score: Double
    /// Its place among the results of the class in its image, the surest is 0.
    let rank: Int
    /// Whether it found an object.
    var found: SIMD4<UInt16> = .zero
    /// Whether it counts neither way: it found a crowd or an object of another size, or is of another size itself.
    var ignored: SIMD4<UInt16> = .zero
}

/// Assigns the results of one class to the objects of an image, the surest first, for each area and overlap threshold.
///
/// As `COCOeval.evaluateImg` of pycocotools: each result takes the free object that it overlaps most; objects that do not count
/// (crowds, other sizes) only if there is no other, and a crowd again and again.
struct BoxMatching {
    private var overlaps: [Double] = []
    private var order: [Int] = []
    private var isIgnored: [Bool] = []
    private var isTaken: [Bool] = []

    /// Matches the boxes of a class in an image.
    ///
    /// - Parameters:
    ///   - results: in descending order of the score, at most the largest of the limits.
    ///   - truth: all objects of the class in the image, in the order of the annotations.
    ///   - matched: takes one element a result.
    ///   - counts: the number of objects that count, for each area, is added to it.
    mutating func match(
        _ results: ArraySlice<ResultBox>, _ truth: ArraySlice<TruthBox>,
        to matched: inout [MatchedResult],
        counts: inout SIMD4<Int>
    ) {
        overlaps.removeAll(keepingCapacity: true)
        for result in results {
            for object in truth {
                overlaps.append(result.box.overlap(object.box, isCrowd: object.isCrowd))
            }
        }
        let first = matched.count
        for (rank, result) in results.enumerated() {
            matched.append(MatchedResult(score: result.score, rank: rank))
        }
        for (area, range) in COCOProtocol.areas.enumerated() {
            isIgnored.removeAll(keepingCapacity: true)
            for object in truth { isIgnored.append(object.isCrowd || !range.contains(object.area)) }
            // Objects that count come first; both kinds stay in their order.
            order.removeAll(keepingCapacity: true)
            for index in isIgnored.indices where !isIgnored[index] { order.append(index) }
            counts[area] += order.count
            for index in isIgnored.indices where isIgnored[index] { order.append(index) }
            guard !results.isEmpty else { continue }
            for threshold in COCOProtocol.overlaps.indices {
                assign(results, truth, area, threshold, range, &matched[first...])
            }
        }
    }

    private mutating func assign(
        _ results: ArraySlice<ResultBox>, _ truth: ArraySlice<TruthBox>, _ area: Int, _ threshold: Int,
        _ range: ClosedRange<Double>, _ matched: inout ArraySlice<MatchedResult>
    ) {
        isTaken.removeAll(keepingCapacity: true)
        isTaken.append(contentsOf: repeatElement(false, count: truth.count))
        let bit: UInt16 = 1 << threshold
        for (index, result) in results.enumerated() {
            let position = matched.startIndex + index
            var isFound = false
            if let object = best(index, truth, COCOProtocol.overlaps[threshold]) {
                isTaken[object] = true
                if isIgnored[object] { matched[position].ignored[area] |= bit }
                isFound = !truth[truth.startIndex + object].isNeverFound
            }
            if isFound {
                matched[position].found[area] |= bit
            } else if !range.contains(result.box.area) {
                matched[position].ignored[area] |= bit
            }
        }
    }

    /// The object that a result takes; nil for none.
    private func best(_ result: Int, _ truth: ArraySlice<TruthBox>, _ threshold: Double) -> Int? {
        var least = min(threshold, 1 - 1e-10)
        var best: Int?
        let row = result * truth.count
        for object in order {
            if isTaken[object] && !truth[truth.startIndex + object].isCrowd { continue }
            // Those that count are over, and one of them was found.
            if let best, !isIgnored[best], isIgnored[object] { break }
            guard overlaps[row + object] >= least else { continue }
            least = overlaps[row + object]
            best = object
        }
        return best
    }
}
