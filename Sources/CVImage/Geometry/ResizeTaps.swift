import CKernels
import CVCore

/// The input pixels and fixed-point weights of each output pixel along one axis.
///
/// The arithmetic is that of Pillow (`precompute_coeffs`, `normalize_coeffs_8bpc`), so that results are equal.
struct ResizeTaps {
    private(set) var taps: [cvk_taps] = []
    /// Groups of four weights, each in two halves: see `resize.h`.
    private(set) var weights: [Int16] = []

    /// 16-bit halves per group of weights.
    private static let perGroup = 8

    /// The range of input pixels used.
    var sources: Range<Int> {
        Int(taps[0].start)..<Int(taps[taps.count - 1].start + taps[taps.count - 1].count)
    }

    /// - Parameters:
    ///   - size: input pixels along the axis.
    ///   - low: the start of the region, in continuous coordinates.
    ///   - high: the end of the region.
    ///   - count: output pixels along the axis.
    ///   - filter: the resampling filter.
    ///   - antialias: whether to widen the filter to cover all input pixels when shrinking.
    init(size: Int, low: Double, high: Double, count: Int, filter: ResizeFilter, antialias: Bool) {
        let scale = (high - low) / Double(count)
        let widening = antialias ? max(scale, 1) : 1
        let support = filter.support * widening
        taps.reserveCapacity(count)
        // The exact capacity: for a line of a hundred million pixels this is a gigabyte.
        let mostTaps = min(Int(clamping: (2 * support).rounded(.up)) + 1, size)
        weights.reserveCapacity(count * ((mostTaps + 3) / 4) * Self.perGroup)
        var row: [Double] = []
        for index in 0..<count {
            let center = low + (Double(index) + 0.5) * scale
            // Without antialiasing a box may fall between two pixel centers; it then uses the nearest.
            let start = min(max(0, Int(clamping: center - support + 0.5)), size - 1)
            let end = max(min(size, Int(clamping: center + support + 0.5)), start + 1)
            row.removeAll(keepingCapacity: true)
            for source in start..<end {
                row.append(filter.weight(at: (Double(source) - center + 0.5) * (1 / widening)))
            }
            let sum = row.reduce(0, +)
            if sum == 0 { row[row.count / 2] = 1 }
            append(start: start, sum == 0 ? row : row.map { $0 / sum })
        }
    }

    private mutating func append(start: Int, _ row: [Double]) {
        taps.append(
            cvk_taps(start: Int32(start), count: Int32(row.count), groups: Int32(weights.count / Self.perGroup)))
        let first = weights.count
        weights.append(contentsOf: repeatElement(0, count: (row.count + 3) / 4 * Self.perGroup))
        for (index, weight) in row.enumerated() {
            let fixed = Int(clamping: weight * Double(1 << 22) + (weight < 0 ? -0.5 : 0.5))
            let high = (fixed + 2048) >> 12
            let slot = first + index / 4 * Self.perGroup + index % 4
            weights[slot] = Int16(clamping: high)
            weights[slot + 4] = Int16(clamping: fixed - high << 12)
        }
    }

    /// The same taps relative to input pixel `origin`.
    func shifted(by origin: Int) -> ResizeTaps {
        var result = self
        for index in taps.indices { result.taps[index].start -= Int32(origin) }
        return result
    }
}
