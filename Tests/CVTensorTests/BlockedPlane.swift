import CKernels
import CVCore
import TestSupport

/// Uniform numbers in -1 ..< 1.
func seededNumbers(_ seed: UInt64, _ count: Int) -> [Float] { seededTensor(seed: seed, [count]).values }

/// The largest difference; infinite where one is NaN and the other is not.
func largestDifference(_ found: [Float], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).reduce(0) { largest, pair in
        let (a, b) = (Double(pair.0), pair.1)
        if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? largest : .infinity }
        return a == b ? largest : max(largest, abs(a - b))
    }
}

/// Limits as the kernels document them: NaN where there is no finite number.
func clamped(_ value: Double, _ low: Float, _ high: Float) -> Double {
    value.isFinite ? min(max(value, Double(low)), Double(high)) : .nan
}

/// A block of channels with a border that must not be read, or must not be changed.
struct BlockedPlane {
    let rows, columns, lanes: Int
    var values: [Float]
    let pitch, origin: Int

    /// Sides of one pixel, around a tile and larger.
    static let sizes = [(1, 1), (1, 9), (2, 3), (5, 4), (7, 17), (12, 33)]

    /// All rows at once, and each by itself from the last on.
    static func splits(_ rows: Int) -> [[Range<Int>]] { [[0..<rows], (0..<rows).reversed().map { $0..<$0 + 1 }] }

    init(_ rows: Int, _ columns: Int, lanes: Int, seed: UInt64? = nil) {
        (self.rows, self.columns, self.lanes) = (rows, columns, lanes)
        pitch = (columns + 3) * lanes
        origin = 2 * pitch + 2 * lanes
        values = [Float](repeating: 1e9, count: (rows + 4) * pitch)
        guard let seed else { return }
        let numbers = seededNumbers(seed, rows * columns * lanes)
        for row in 0..<rows {
            for index in 0..<columns * lanes {
                values[origin + row * pitch + index] = numbers[row * columns * lanes + index]
            }
        }
    }

    subscript(row: Int, column: Int, lane: Int) -> Float {
        get { values[origin + row * pitch + column * lanes + lane] }
        set { values[origin + row * pitch + column * lanes + lane] = newValue }
    }

    func read<Result>(_ body: (UnsafePointer<cvk_blocked_plane>) -> Result) -> Result {
        values.withUnsafeBufferPointer {
            var plane = cvk_blocked_plane(
                pixels: $0.baseAddress! + origin, rows: rows, columns: columns, pitch: pitch)
            return body(&plane)
        }
    }

    /// Lets a kernel write rows in parts: it receives the first and the last row and where the first begins.
    mutating func write(_ ranges: [Range<Int>], _ body: (Int, Int, UnsafeMutablePointer<Float>) -> Void) {
        let (origin, pitch) = (origin, pitch)
        values.withUnsafeMutableBufferPointer { values in
            for range in ranges {
                body(range.lowerBound, range.upperBound, values.baseAddress! + origin + range.lowerBound * pitch)
            }
        }
    }

    /// How far the plane is from a definition, and whether what is around it is as it was.
    func difference(_ definition: (_ row: Int, _ column: Int, _ lane: Int) -> Double) -> Double {
        var expected = [Double](repeating: 1e9, count: values.count)
        for row in 0..<rows {
            for column in 0..<columns {
                for lane in 0..<lanes {
                    expected[origin + row * pitch + column * lanes + lane] = definition(row, column, lane)
                }
            }
        }
        return largestDifference(values, expected)
    }
}
