import CKernels
import CVCore
import TestSupport
import Testing

/// The kernels of the channel-blocked layout against plain definitions in double precision.
@Suite("Kernels of the channel-blocked layout") struct BlockedKernelTests {
    // MARK: Convolutions

    /// Everything that a call of `cvk_blocked_conv_rows` reads.
    private struct Sums {
        var rows = 3, columns = 1, vectors = 2
        var xRow = 0, xStep = 0
        var segments = 1, depth = 1, tailSegments = 0, tailDepth = 0
        var hasBias = true, hasResidual = true, continues = false, isPartial = false
        var low: Float = -.infinity, high: Float = .infinity

        /// Runs the kernel on some rows, and computes the definition for all of them.
        func run(_ isa: InstructionSet, _ ranges: [Range<Int>]) -> (found: [Float], expected: [Double]) {
            let memory = Memory(self, lanes: cvk_blocked_lanes(isa.cValue))
            return (computed(memory, isa, ranges), defined(memory))
        }

        /// What a call reads, with gaps between pixels, rows and blocks.
        private struct Memory {
            let lanes: Int
            /// Floats of x before the first pixel.
            let before = 40
            let offsets: [Int]
            let x, weights, bias, residual, y: [Float]
            let yStep, yRow, yBlock: Int

            init(_ sums: Sums, lanes: Int) {
                self.lanes = lanes
                let before = before
                offsets = (0..<sums.segments + sums.tailSegments).map { ($0 * 37 + 11) % 61 - before }
                let reach = (sums.rows - 1) * sums.xRow + (sums.columns - 1) * sums.xStep
                var x = seededNumbers(1, reach + 2 * before + 61 + max(sums.depth, sums.tailDepth))
                x[before + 2] = .nan
                self.x = x
                let floats = sums.segments * sums.depth + sums.tailSegments * sums.tailDepth
                weights = seededNumbers(2, floats * sums.vectors * lanes)
                bias = seededNumbers(3, sums.vectors * lanes)
                (yStep, yRow) = (lanes + 4, sums.columns * (lanes + 4) + 8)
                yBlock = sums.rows * yRow + 24
                residual = seededNumbers(4, sums.vectors * yBlock)
                y = seededNumbers(5, sums.vectors * yBlock)
            }
        }

        private func defined(_ memory: Memory) -> [Double] {
            var expected = memory.y.map(Double.init)
            for vector in 0..<vectors {
                for row in 0..<rows {
                    for column in 0..<columns {
                        for lane in 0..<memory.lanes {
                            let to = vector * memory.yBlock + row * memory.yRow + column * memory.yStep + lane
                            let start =
                                continues
                                ? Double(memory.y[to]) : hasBias ? Double(memory.bias[vector * memory.lanes + lane]) : 0
                            var sum = start + products(memory, row, column, vector, lane)
                            if !isPartial {
                                sum = clamped(sum + (hasResidual ? Double(memory.residual[to]) : 0), low, high)
                            }
                            expected[to] = sum
                        }
                    }
                }
            }
            return expected
        }

        private func products(_ memory: Memory, _ row: Int, _ column: Int, _ vector: Int, _ lane: Int) -> Double {
            var (sum, line) = (0.0, 0)
            for (segment, offset) in memory.offsets.enumerated() {
                let start = memory.before + row * xRow + column * xStep + offset
                for index in 0..<(segment < segments ? depth : tailDepth) {
                    let weight = memory.weights[(line * vectors + vector) * memory.lanes + lane]
                    sum += Double(memory.x[start + index]) * Double(weight)
                    line += 1
                }
            }
            return sum
        }

        private func computed(_ memory: Memory, _ isa: InstructionSet, _ ranges: [Range<Int>]) -> [Float] {
            var y = memory.y
            memory.x.withUnsafeBufferPointer { x in
                memory.weights.withUnsafeBufferPointer { weights in
                    memory.bias.withUnsafeBufferPointer { bias in
                        memory.residual.withUnsafeBufferPointer { residual in
                            memory.offsets.withUnsafeBufferPointer { offsets in
                                y.withUnsafeMutableBufferPointer { y in
                                    var conv = cvk_blocked_conv()
                                    conv.x = x.baseAddress! + memory.before
                                    (conv.weights, conv.offsets) = (weights.baseAddress, offsets.baseAddress)
                                    conv.bias = hasBias ? bias.baseAddress : nil
                                    conv.residual = hasResidual ? residual.baseAddress : nil
                                    conv.y = y.baseAddress
                                    describe(&conv, memory)
                                    for range in ranges {
                                        cvk_blocked_conv_rows(
                                            isa.cValue, &conv, vectors, range.lowerBound, range.upperBound)
                                    }
                                }
                            }
                        }
                    }
                }
            }
            return y
        }

        private func describe(_ conv: inout cvk_blocked_conv, _ memory: Memory) {
            (conv.x_row, conv.x_step, conv.columns) = (xRow, xStep, columns)
            (conv.segments, conv.depth) = (segments, depth)
            (conv.tail_segments, conv.tail_depth) = (tailSegments, tailDepth)
            (conv.residual_row, conv.residual_step, conv.residual_block) = (memory.yRow, memory.yStep, memory.yBlock)
            (conv.y_row, conv.y_step, conv.y_block) = (memory.yRow, memory.yStep, memory.yBlock)
            (conv.low, conv.high, conv.continues, conv.is_partial) = (low, high, continues, isPartial)
        }
    }

    @Test(
        "sums of segments, with every end of a row, and nothing is written between the results",
        arguments: InstructionSet.available)
    func sums(_ isa: InstructionSet) {
        let lanes = cvk_blocked_lanes(isa.cValue)
        for columns in 1...31 {
            for vectors in 1...cvk_blocked_conv_vectors(isa.cValue) {
                for step in [lanes, 2 * lanes, 1, 3] {
                    var sums = Sums(columns: columns, vectors: vectors, xRow: 90, xStep: step)
                    (sums.segments, sums.depth) = columns % 4 == 0 ? (0, lanes) : (3, columns % 2 == 0 ? lanes : 7)
                    (sums.tailSegments, sums.tailDepth) = columns % 3 == 0 ? (0, 0) : (2, columns % lanes)
                    (sums.hasBias, sums.hasResidual) = (columns % 5 > 0, columns % 2 == 0)
                    (sums.continues, sums.isPartial) = (columns % 7 == 0, columns % 6 == 0)
                    (sums.low, sums.high) = columns % 3 == 1 ? (0, 1) : (-.infinity, .infinity)
                    let (found, expected) = sums.run(isa, [0..<3])
                    #expect(largestDifference(found, expected) < 1e-5, "\(columns) columns, \(vectors), step \(step)")
                }
            }
        }
    }

    @Test("sums: how rows are divided does not change a bit", arguments: InstructionSet.available)
    func dividedSums(_ isa: InstructionSet) {
        let lanes = cvk_blocked_lanes(isa.cValue)
        let sums = Sums(columns: 23, xRow: 90, xStep: lanes, segments: 5, depth: lanes, tailSegments: 1, tailDepth: 3)
        let whole = sums.run(isa, [0..<3]).found.map(\.bitPattern)
        #expect(sums.run(isa, [2..<3, 0..<1, 1..<2]).found.map(\.bitPattern) == whole)
        #expect(sums.run(isa, [1..<3, 0..<1]).found.map(\.bitPattern) == whole)
    }

    // MARK: Depthwise windows

    @Test("depthwise windows", arguments: InstructionSet.available)
    func depthwise(_ isa: InstructionSet) {
        let lanes = cvk_blocked_lanes(isa.cValue)
        for (kernel, stride, dilation, padding) in [
            (3, 1, 1, 1), (3, 2, 1, 1), (3, 1, 2, 2), (5, 1, 1, 2), (5, 2, 1, 4), (7, 3, 1, 3), (1, 1, 1, 0),
            (2, 1, 1, 1),
        ] {
            for (rows, columns) in BlockedPlane.sizes {
                func size(_ count: Int) -> Int { (count + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1 }
                guard rows + 2 * padding > dilation * (kernel - 1), columns + 2 * padding > dilation * (kernel - 1)
                else { continue }
                var x = BlockedPlane(rows, columns, lanes: lanes, seed: 1)
                x[rows / 2, columns / 2, 0] = .nan
                let weights = seededNumbers(2, kernel * kernel * lanes)
                let bias = seededNumbers(3, lanes)
                let residual = BlockedPlane(size(rows), size(columns), lanes: lanes, seed: 4)
                var results: [[UInt32]] = []
                for split in BlockedPlane.splits(size(rows)) {
                    var y = BlockedPlane(size(rows), size(columns), lanes: lanes)
                    x.read { x in
                        residual.read { residual in
                            bias.withUnsafeBufferPointer { bias in
                                var epilogue = cvk_blocked_epilogue(
                                    bias: bias.baseAddress!, residual: residual.pointee.pixels,
                                    residual_pitch: residual.pointee.pitch, low: -0.5, high: 0.75)
                                let (pitch, columns) = (y.pitch, y.columns)
                                y.write(split) { first, last, to in
                                    cvk_blocked_depthwise(
                                        isa.cValue, x, kernel, kernel, stride, stride, dilation, dilation, padding,
                                        padding, weights, &epilogue, first, last, to, pitch, columns)
                                }
                            }
                        }
                    }
                    let difference = y.difference { row, column, lane in
                        var sum = Double(bias[lane])
                        for (ky, kx) in (0..<kernel).flatMap({ ky in (0..<kernel).map { (ky, $0) } }) {
                            let iy = row * stride + ky * dilation - padding
                            let ix = column * stride + kx * dilation - padding
                            guard 0..<rows ~= iy, 0..<columns ~= ix else { continue }
                            sum += Double(x[iy, ix, lane]) * Double(weights[(ky * kernel + kx) * lanes + lane])
                        }
                        return clamped(sum + Double(residual[row, column, lane]), -0.5, 0.75)
                    }
                    #expect(difference < 1e-5, "\(kernel), \(stride), \(dilation), \(padding), \(rows)×\(columns)")
                    results.append(y.values.map(\.bitPattern))
                }
                #expect(results[0] == results[1])
            }
        }
    }
}
