import CVCore
import CVImage

/// Greedy non-max suppression: of boxes that overlap by more than a threshold, the most confident is kept.
///
/// As `torchvision.ops.batched_nms` (`perClass`) or `torchvision.ops.nms` (class-agnostic). A candidate with a NaN or
/// infinite value or with minimum and maximum swapped is dropped; one without area overlaps nothing and is kept.
///
/// The time grows with the number of candidates and their near neighbors, not with that of all pairs: see `KeptBoxes`.
///
/// - Parameters:
///   - candidates: boxes in any order.
///   - iouThreshold: the IoU, from 0 to 1, above which the less confident of two boxes is dropped.
///   - perClass: whether only boxes of the same class suppress each other.
///   - maxDetections: the maximum number of results.
/// - Returns: the kept candidates in order of decreasing confidence, of equal ones the earlier first.
public func nonMaxSuppression(
    _ candidates: [Candidate], iouThreshold: Float, perClass: Bool = true, maxDetections: Int = .max
) -> [Candidate] {
    precondition((0...1).contains(iouThreshold), "an IoU threshold of 0 to 1 expected, found \(iouThreshold)")
    let order = candidates.indices
        .filter { candidates[$0].isUsable }
        .sorted { (candidates[$0].confidence, $1) > (candidates[$1].confidence, $0) }
    var kept = KeptBoxes(capacity: order.count, iouThreshold: iouThreshold)
    var result: [Candidate] = []
    for index in order {
        if result.count >= maxDetections { break }
        let candidate = candidates[index]
        if kept.insertUnlessSuppressed(candidate.box, group: perClass ? candidate.classIndex : 0) {
            result.append(candidate)
        }
    }
    return result
}

extension Candidate {
    fileprivate var isUsable: Bool {
        confidence.isFinite && box.isFinite && box.minX <= box.maxX && box.minY <= box.maxY
    }
}

/// The boxes that non-max suppression has kept so far, indexed by size and position.
///
/// If IoU(a, b) > t, then for the widths (and likewise the heights) min(wa, wb) > t · max(wa, wb), and the centers are
/// at most (wa + wb) / 2 − t · max(wa, wb) apart: the intersection is at least t times as wide as the wider box. So boxes
/// are sorted into levels by their longer side (a level holds sides of 2^k up to 2^(k+1)), and within a level into a
/// hashed grid by their center. Only near cells of near levels are searched. The hash table stores no keys: boxes whose
/// slots collide only cost a comparison.
struct KeptBoxes {
    private struct Entry {
        let box: Box
        let group: Int
    }

    private struct Level {
        var count = 0
        var newest: Int32 = -1
    }

    /// Sides below 2^−16 pixels share the lowest level; no float reaches 2^128.
    private static let exponents = -16...128
    private static let lowestSide = 0x1p-16

    private let threshold: Float
    /// A cell's side as a fraction of its level's longest side. It shrinks with the reach of suppression.
    private let cellFraction: Double
    private var entries: [Entry] = []
    /// Linked lists: the newest entry of each slot, and for each entry the previous one in its slot; −1 for none.
    private var slots: [Int32]
    private var nextInSlot: [Int32] = []
    /// For each entry the previous one in its level; −1 for none.
    private var nextInLevel: [Int32] = []
    private var levels = [Level](repeating: Level(), count: exponents.count)
    private var usedLevels: ClosedRange<Int>?

    init(capacity: Int, iouThreshold: Float) {
        threshold = iouThreshold
        cellFraction = max(1 - Double(iouThreshold), 0x1p-6)
        var size = 16
        while size < 2 * capacity { size *= 2 }
        slots = [Int32](repeating: -1, count: size)
        entries.reserveCapacity(min(capacity, 4096))
    }

    /// Keeps the box unless a kept box of the group overlaps it by more than the threshold.
    ///
    /// - Returns: whether the box was kept.
    mutating func insertUnlessSuppressed(_ box: Box, group: Int) -> Bool {
        // In Double the difference of two large floats is finite.
        let width = Double(box.maxX) - Double(box.minX)
        let height = Double(box.maxY) - Double(box.minY)
        let level = Self.level(ofSide: max(width, height))
        // A box without area overlaps nothing.
        if width > 0, height > 0 {
            for other in levelsInReach(of: level) where levels[other].count > 0 {
                if isSuppressed(box, width: width, height: height, group: group, byLevel: other) { return false }
            }
        }
        insert(box, level: level, group: group)
        return true
    }

    private static func level(ofSide side: Double) -> Int {
        max(side, lowestSide).exponent.advanced(by: -exponents.lowerBound)
    }

    /// Levels whose sides are within a factor of 1 / threshold.
    private func levelsInReach(of level: Int) -> ClosedRange<Int> {
        guard let used = usedLevels else { return 0...0 }
        // One more than the exponent, because a level spans a factor of two.
        let steps = threshold > 0 ? min(-Int(threshold.exponent) + 1, Self.exponents.count) : Self.exponents.count
        let low = max(used.lowerBound, level - steps)
        return low...max(low, min(used.upperBound, level + steps))
    }

    private func isSuppressed(_ box: Box, width: Double, height: Double, group: Int, byLevel level: Int) -> Bool {
        let longest = Self.longestSide(ofLevel: level)
        let cell = longest * cellFraction
        let columns = Self.cells(around: Self.center(box.minX, box.maxX), reach: reach(width, longest), cell: cell)
        let rows = Self.cells(around: Self.center(box.minY, box.maxY), reach: reach(height, longest), cell: cell)
        if columns.count * rows.count > levels[level].count {
            return anySuppresses(box, group, from: levels[level].newest, then: nextInLevel)
        }
        for row in rows {
            for column in columns {
                let slot = slot(level: level, column: column, row: row, group: group)
                if anySuppresses(box, group, from: slots[slot], then: nextInSlot) { return true }
            }
        }
        return false
    }

    /// The largest distance along one axis between the centers of boxes that can suppress each other, the other box having
    /// at most `longest` pixels.
    private func reach(_ side: Double, _ longest: Double) -> Double {
        let t = Double(threshold)
        // (a + b) / 2 − t · max(a, b) as a function of b rises up to b = a; beyond, it rises only if t < 1/2.
        let atEqual = (side + min(side, longest)) / 2 - t * side
        let atLongest = (side + longest) / 2 - t * max(side, longest)
        return max(atEqual, atLongest)
    }

    private func anySuppresses(_ box: Box, _ group: Int, from first: Int32, then next: [Int32]) -> Bool {
        var index = first
        while index >= 0 {
            let entry = entries[Int(index)]
            if entry.group == group, entry.box.intersectionOverUnion(with: box) > threshold { return true }
            index = next[Int(index)]
        }
        return false
    }

    private mutating func insert(_ box: Box, level: Int, group: Int) {
        let cell = Self.longestSide(ofLevel: level) * cellFraction
        let slot = slot(
            level: level, column: Self.cell(of: Self.center(box.minX, box.maxX), cell),
            row: Self.cell(of: Self.center(box.minY, box.maxY), cell), group: group)
        let index = Int32(entries.count)
        entries.append(Entry(box: box, group: group))
        nextInSlot.append(slots[slot])
        nextInLevel.append(levels[level].newest)
        slots[slot] = index
        levels[level].newest = index
        levels[level].count += 1
        usedLevels = min(level, usedLevels?.lowerBound ?? level)...max(level, usedLevels?.upperBound ?? level)
    }

    /// Upper end of a level's sides, in pixels.
    private static func longestSide(ofLevel level: Int) -> Double {
        Double(sign: .plus, exponent: level + exponents.lowerBound + 1, significand: 1)
    }

    private static func center(_ low: Float, _ high: Float) -> Double { (Double(low) + Double(high)) / 2 }

    /// The grid ends at ±2^30 cells, so that numbers of cells and their products fit into an `Int`; positions outside share
    /// the last cell.
    private static func cell(of position: Double, _ size: Double) -> Int {
        Int(clamping: min(max((position / size).rounded(.down), -0x1p30), 0x1p30))
    }

    private static func cells(around center: Double, reach: Double, cell size: Double) -> ClosedRange<Int> {
        // IoU is computed in Float: the margin covers pairs that rounding lifts over the threshold.
        let margin = max(reach, 0) + size * 0x1p-10 + abs(center) * 0x1p-20
        return cell(of: center - margin, size)...cell(of: center + margin, size)
    }

    private func slot(level: Int, column: Int, row: Int, group: Int) -> Int {
        var hash = UInt64(truncatingIfNeeded: column) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ UInt64(truncatingIfNeeded: row)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ UInt64(truncatingIfNeeded: group &* 256 &+ level)) &* 0x94D0_49BB_1331_11EB
        return Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & UInt64(slots.count - 1))
    }
}
