import CKernels
import CVCore
import TestSupport
import Testing

/// Pooling, resizing, sums and conversions of the channel-blocked layout against plain definitions.
@Suite("Kernels of the channel-blocked layout: planes") struct BlockedPlaneKernelTests {
    /// Runs a kernel on all rows at once and row by row, and compares both with a definition.
    ///
    /// - Parameters:
    ///   - size: of the result.
    ///   - kernel: receives the first row, the one after the last, and where the result of the first begins.
    private static func check(
        _ isa: InstructionSet, _ size: (Int, Int), tolerance: Double = 1e-5, _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation,
        kernel: (_ first: Int, _ last: Int, _ y: UnsafeMutablePointer<Float>, _ pitch: Int) -> Void,
        definition: (_ row: Int, _ column: Int, _ lane: Int) -> Double
    ) {
        for split in BlockedPlane.splits(size.0) {
            var y = BlockedPlane(size.0, size.1, lanes: cvk_blocked_lanes(isa.cValue))
            let pitch = y.pitch
            y.write(split) { kernel($0, $1, $2, pitch) }
            #expect(y.difference(definition) <= tolerance, comment, sourceLocation: sourceLocation)
        }
    }

    private static func plane(_ isa: InstructionSet, _ size: (Int, Int), seed: UInt64 = 1) -> BlockedPlane {
        BlockedPlane(size.0, size.1, lanes: cvk_blocked_lanes(isa.cValue), seed: seed)
    }

    @Test("max pooling: NaN is the largest, padding the smallest", arguments: InstructionSet.available)
    func maxPooling(_ isa: InstructionSet) {
        for (kernel, stride, padding) in [(2, 2, 0), (3, 2, 1), (3, 1, 1), (2, 1, 1), (5, 1, 2), (1, 3, 0), (7, 4, 3)] {
            for (rows, columns) in BlockedPlane.sizes where min(rows, columns) + 2 * padding >= kernel {
                var x = Self.plane(isa, (rows, columns))
                x[rows / 2, columns / 3, 1] = .nan
                x[0, 0, 2] = -.infinity
                let size = ((rows + 2 * padding - kernel) / stride + 1, (columns + 2 * padding - kernel) / stride + 1)
                Self.check(isa, size, tolerance: 0, "\(kernel), \(stride), \(padding), \(rows)×\(columns)") {
                    first, last, y, pitch in
                    x.read {
                        cvk_blocked_max_pool(
                            isa.cValue, $0, kernel, kernel, stride, stride, padding, padding, first, last, y, pitch,
                            size.1)
                    }
                } definition: { row, column, lane in
                    var largest = -Double.infinity
                    for iy in row * stride - padding..<row * stride - padding + kernel where 0..<rows ~= iy {
                        for ix in column * stride - padding..<column * stride - padding + kernel
                        where 0..<columns ~= ix {
                            let value = Double(x[iy, ix, lane])
                            largest = value.isNaN || largest.isNaN ? .nan : max(largest, value)
                        }
                    }
                    return largest
                }
            }
        }
    }

    @Test("average pooling over windows of any size, and the mean of a plane", arguments: InstructionSet.available)
    func averagePooling(_ isa: InstructionSet) {
        for (rows, columns) in BlockedPlane.sizes {
            let x = Self.plane(isa, (rows, columns))
            let rowBounds: [Int32] = [0, Int32(rows), 0, 1, Int32(rows - 1), Int32(rows), 0, 0]
            let columnBounds: [Int32] = [0, 1, 0, Int32(columns), Int32(columns / 2), Int32(columns)]
            let (rowDivisors, columnDivisors): ([Float], [Float]) = ([3, 1, 2, 4], [1, 5, 0.5])
            func sum(_ rows: (Int32, Int32), _ columns: (Int32, Int32), _ lane: Int) -> Double {
                (rows.0..<rows.1).reduce(0) { sum, row in
                    (columns.0..<columns.1).reduce(sum) { $0 + Double(x[Int(row), Int($1), lane]) }
                }
            }
            Self.check(isa, (4, 3), "\(rows)×\(columns)") { first, last, y, pitch in
                x.read {
                    cvk_blocked_average_pool(
                        isa.cValue, $0, rowBounds, rowDivisors, columnBounds, columnDivisors, first, last, y, pitch, 3)
                }
            } definition: { row, column, lane in
                sum(
                    (rowBounds[2 * row], rowBounds[2 * row + 1]),
                    (columnBounds[2 * column], columnBounds[2 * column + 1]),
                    lane) / Double(rowDivisors[row] * columnDivisors[column])
            }
            var mean = [Float](repeating: 7, count: x.lanes)
            x.read { cvk_blocked_mean(isa.cValue, $0, &mean) }
            let expected = (0..<x.lanes).map {
                sum((0, Int32(rows)), (0, Int32(columns)), $0) / Double(rows * columns)
            }
            #expect(largestDifference(mean, expected) < 1e-6)
        }
    }

    @Test("resizing by tables of rows and columns", arguments: InstructionSet.available)
    func resizing(_ isa: InstructionSet) {
        for (rows, columns) in BlockedPlane.sizes {
            let x = Self.plane(isa, (rows, columns))
            let (height, width) = (5, 11)
            func table(_ count: Int, _ size: Int) -> [Int32] { (0..<count).map { Int32(($0 * 7 + 3) % size) } }
            let (rowOf, columnOf) = (table(height, rows), table(width, columns))
            Self.check(isa, (height, width), tolerance: 0) { first, last, y, pitch in
                x.read { cvk_blocked_resize_nearest(isa.cValue, $0, width, first, last, rowOf, columnOf, y, pitch) }
            } definition: {
                Double(x[Int(rowOf[$0]), Int(columnOf[$1]), $2])
            }
            let (pairs, columnPairs) = (table(2 * height, rows), table(2 * width, columns))
            let (shares, columnShares) = (seededNumbers(5, 2 * height), seededNumbers(6, 2 * width))
            Self.check(isa, (height, width)) { first, last, y, pitch in
                x.read {
                    cvk_blocked_resize_bilinear(
                        isa.cValue, $0, first, last, width, pairs, shares, columnPairs, columnShares, y, pitch)
                }
            } definition: { row, column, lane in
                (0..<2).reduce(0) { sum, i in
                    (0..<2).reduce(sum) { sum, j in
                        let value = x[Int(pairs[2 * row + i]), Int(columnPairs[2 * column + j]), lane]
                        return sum + Double(shares[2 * row + i]) * Double(columnShares[2 * column + j]) * Double(value)
                    }
                }
            }
        }
    }

    @Test("sums with limits, NaN where they overflow, and factors of channels", arguments: InstructionSet.available)
    func elementwise(_ isa: InstructionSet) {
        for size in BlockedPlane.sizes {
            var (a, b) = (Self.plane(isa, size), Self.plane(isa, size, seed: 2))
            a[0, 0, 0] = .nan
            b[size.0 - 1, size.1 - 1, 3] = .nan
            a[0, size.1 - 1, 1] = .infinity
            let (scale, shift) = (seededNumbers(3, a.lanes), seededNumbers(4, a.lanes))
            func whole(_ body: (UnsafeMutablePointer<Float>, Int) -> Void) -> BlockedPlane {
                var y = BlockedPlane(size.0, size.1, lanes: a.lanes)
                let pitch = y.pitch
                y.write([0..<size.0]) { body($2, pitch) }
                return y
            }
            let sum = whole { y, pitch in
                a.read { a in b.read { cvk_blocked_add(isa.cValue, a, $0, -0.5, 0.75, y, pitch) } }
            }
            #expect(
                sum.difference { clamped(Double(a[$0, $1, $2]) + Double(b[$0, $1, $2]), -0.5, 0.75) } < 1e-6, "\(size)")
            let scaled = whole { y, pitch in a.read { cvk_blocked_scale(isa.cValue, $0, scale, shift, y, pitch) } }
            #expect(
                scaled.difference { Double(a[$0, $1, $2]) * Double(scale[$2]) + Double(shift[$2]) } < 1e-6, "\(size)")
            let gated = whole { y, pitch in a.read { cvk_blocked_scale(isa.cValue, $0, scale, nil, y, pitch) } }
            #expect(gated.difference { Double(a[$0, $1, $2]) * Double(scale[$2]) } < 1e-6, "\(size)")
        }
    }

    @Test("from planes to blocks and back, with fewer channels than a block has", arguments: InstructionSet.available)
    func conversions(_ isa: InstructionSet) {
        let lanes = cvk_blocked_lanes(isa.cValue)
        for (rows, columns) in BlockedPlane.sizes {
            for channels in 1...lanes {
                // Planes with a gap after each.
                let distance = rows * columns + 5
                let planes = seededNumbers(1, channels * distance)
                var blocked = BlockedPlane(rows, columns, lanes: lanes)
                let pitch = blocked.pitch
                blocked.write([0..<rows]) { _, _, y in
                    cvk_blocked_from_planar(isa.cValue, planes, distance, channels, rows, columns, y, pitch)
                }
                let difference = blocked.difference { row, column, lane in
                    lane < channels ? Double(planes[lane * distance + row * columns + column]) : 0
                }
                #expect(difference == 0, "\(channels) channels of \(rows)×\(columns)")
                for lane in channels..<lanes { blocked[rows - 1, 0, lane] = .nan }
                var back = [Float](repeating: 7, count: channels * distance)
                blocked.read { cvk_blocked_to_planar(isa.cValue, $0, channels, &back, distance) }
                let expected = planes.enumerated().map { $0 % distance < rows * columns ? $1 : 7 }
                #expect(back == expected, "\(channels) channels of \(rows)×\(columns)")
            }
        }
    }

    @Test("a border of zeros of any width, and nothing else", arguments: InstructionSet.available)
    func borders(_ isa: InstructionSet) {
        for (rows, columns) in BlockedPlane.sizes {
            for (top, bottom, left, right) in [(0, 0, 0, 1), (1, 0, 2, 0), (0, 2, 0, 0), (2, 1, 1, 1), (1, 1, 2, 1)] {
                let before = Self.plane(isa, (rows, columns))
                var plane = before
                let (pitch, lanes) = (plane.pitch, plane.lanes)
                plane.write([0..<rows]) { _, _, start in
                    cvk_blocked_zero_border(isa.cValue, start, rows, columns, pitch, top, bottom, left, right)
                }
                for (index, value) in plane.values.enumerated() {
                    let position = index - plane.origin + 2 * pitch + 2 * lanes
                    let (row, column) = (position / pitch - 2, position % pitch / lanes - 2)
                    let isInside = 0..<rows ~= row && 0..<columns ~= column
                    let isBorder = -top..<rows + bottom ~= row && -left..<columns + right ~= column && !isInside
                    if value != (isBorder ? 0 : before.values[index]) {
                        Issue.record("\(row), \(column) of \(rows)×\(columns), \((top, bottom, left, right)): \(value)")
                        return
                    }
                }
            }
        }
    }
}
