import CVCore
import CVGraph
import CVTensor
import TestSupport
import Testing

@Suite("Plans: places in memory") struct MemoryPlanTests {
    @Test("buffers that are needed at the same time never overlap, and kernels may read past the end of each")
    func neverOverlap() {
        for seed in 0..<200 as Range<UInt64> {
            var draw = Draw(seed: seed)
            let buffers = (0..<draw(of: 1...40)).map { _ in
                let first = draw(of: 0...30)
                // Sizes as of scratch memory that is not needed, of features and of images.
                let count = draw.chance(20) ? 0 : draw(of: [1, 16, 100, 4_000, 50_000, 50_001])
                return MemoryPlan.Buffer(count: count, steps: first...first + draw(of: [0, 1, 1, 2, 5, 30]))
            }
            let plan = MemoryPlan(buffers)
            for (index, buffer) in buffers.enumerated() {
                let own = plan.offsets[index]..<plan.offsets[index] + buffer.count + 64
                #expect(own.lowerBound >= 0 && own.upperBound <= plan.count, "seed \(seed)")
                #expect(own.lowerBound % 16 == 0, "seed \(seed): a buffer begins within a cache line")
                for other in buffers.indices[..<index] where buffers[other].steps.overlaps(buffer.steps) {
                    let theirs = plan.offsets[other]..<plan.offsets[other] + buffers[other].count + 64
                    #expect(!own.overlaps(theirs), "seed \(seed): \(index) and \(other)")
                }
            }
            let sum = buffers.map { ($0.count + 64 + 15) / 16 * 16 }.reduce(0, +)
            #expect(plan.count <= sum, "seed \(seed)")
            // At least what is alive at one time.
            func alive(_ step: Int) -> Int {
                buffers.filter { $0.steps.contains(step) }.map(\.count).reduce(0, +)
            }
            let peak = (0...60).map(alive).max()!
            #expect(plan.count >= peak, "seed \(seed)")
        }
    }

    @Test("a chain of equal buffers needs the memory of two")
    func chain() {
        let plan = MemoryPlan((0..<20).map { .init(count: 10_000, steps: $0...$0 + 1) })
        #expect(plan.count <= 2 * 10_100)
    }

    @Test("no buffers")
    func empty() {
        #expect(MemoryPlan([]).count == 0)
    }
}

@Suite("Plans: phases of convolutions") struct ConvolutionPhaseTests {
    /// Kernel, stride, dilation, padding before and after, output padding.
    private static let windows = [
        (2, 2, 1, 0, 0, 0), (3, 2, 1, 1, 1, 1), (4, 2, 1, 1, 1, 0), (3, 1, 1, 1, 1, 0), (2, 3, 1, 0, 0, 0),
        (1, 4, 1, 0, 0, 3), (5, 3, 2, 2, 4, 1), (7, 4, 1, 3, 0, 2),
    ]

    @Test("phases of a transposed convolution cover every pixel of the result exactly once", arguments: windows)
    func coverAll(_ window: (Int, Int, Int, Int, Int, Int)) {
        let geometry = Self.geometry(window)
        for (rows, columns) in [(1, 1), (2, 9), (8, 3)] {
            let output = (rows: Self.size(rows, window), columns: Self.size(columns, window))
            guard output.rows > 0, output.columns > 0 else { continue }
            var counts = [Int](repeating: 0, count: output.rows * output.columns)
            for phase in ConvolutionPhase.transposed(geometry, output: output) {
                for (row, column) in Self.pixels(phase) { counts[row * output.columns + column] += 1 }
            }
            #expect(counts.allSatisfy { $0 == 1 }, "\(rows)×\(columns)")
        }
    }

    @Test("each pixel of a transposed convolution gets the taps that its definition names", arguments: windows)
    func taps(_ window: (Int, Int, Int, Int, Int, Int)) {
        let (geometry, input) = (Self.geometry(window), (rows: 3, columns: 4))
        let output = (rows: Self.size(input.rows, window), columns: Self.size(input.columns, window))
        // By the definition, input pixel i goes to pixel i · stride + k · dilation - padding with tap k.
        var expected: Set<[Int]> = []
        for (iy, ix) in Self.product(input.rows, input.columns) {
            for (ky, kx) in Self.product(window.0, window.0) {
                let row = iy * window.1 + ky * window.2 - window.3
                let column = ix * window.1 + kx * window.2 - window.3
                guard 0..<output.rows ~= row, 0..<output.columns ~= column else { continue }
                expected.insert([row, column, ky, kx, iy, ix])
            }
        }
        var found: Set<[Int]> = []
        for phase in ConvolutionPhase.transposed(geometry, output: output) {
            let border = phase.border(of: input)
            for (r, c) in Self.product(phase.rows, phase.columns) {
                for tap in phase.taps {
                    let y = tap.y + r * phase.inputStepY
                    let x = tap.x + c * phase.inputStepX
                    // What lies outside must be in the border.
                    #expect(y >= -border.top && y < input.rows + border.bottom)
                    #expect(x >= -border.left && x < input.columns + border.right)
                    guard 0..<input.rows ~= y, 0..<input.columns ~= x else { continue }
                    found.insert([
                        phase.firstRow + r * phase.outputStepY, phase.firstColumn + c * phase.outputStepX, tap.ky,
                        tap.kx,
                        y, x,
                    ])
                }
            }
        }
        #expect(found == expected)
    }

    @Test("a convolution is one phase, whose border is its padding as far as windows reach into it")
    func convolution() {
        let geometry = ConvGeometry(
            y: .init(kernel: 3, stride: 2, padding: (1, 1)), x: .init(kernel: 5, padding: (4, 3), dilation: 2))
        let output = (rows: geometry.y.outputSize(8), columns: geometry.x.outputSize(9))
        let phase = ConvolutionPhase(geometry, output: output)
        #expect(phase.taps.count == 15)
        #expect(Self.pixels(phase).count == output.rows * output.columns)
        // Of 8 rows with a stride of 2, the last window ends with the last row.
        let border = phase.border(of: (8, 9))
        #expect((border.top, border.bottom, border.left, border.right) == (1, 0, 4, 3))
    }

    private static func geometry(_ window: (Int, Int, Int, Int, Int, Int)) -> ConvGeometry {
        let axis = ConvGeometry.Axis(
            kernel: window.0, stride: window.1, padding: (window.3, window.4), dilation: window.2)
        return ConvGeometry(y: axis, x: axis)
    }

    private static func size(_ count: Int, _ window: (Int, Int, Int, Int, Int, Int)) -> Int {
        (count - 1) * window.1 - window.3 - window.4 + window.2 * (window.0 - 1) + window.5 + 1
    }

    private static func product(_ rows: Int, _ columns: Int) -> [(Int, Int)] {
        (0..<rows).flatMap { row in (0..<columns).map { (row, $0) } }
    }

    private static func pixels(_ phase: ConvolutionPhase) -> [(Int, Int)] {
        product(phase.rows, phase.columns).map {
            (phase.firstRow + $0.0 * phase.outputStepY, phase.firstColumn + $0.1 * phase.outputStepX)
        }
    }
}
