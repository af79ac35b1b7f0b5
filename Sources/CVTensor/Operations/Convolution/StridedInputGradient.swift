import CKernels
import CVCore

/// Backward-data through a stride.
///
/// Pixels of dX whose indices have the same remainder modulo the stride are reached by the same taps, and depend on dY
/// as a convolution of stride 1: the one with remainder r by the taps t with t · dilation - padding = r + stride · q,
/// from pixel i - q of dY for its i-th. So each remainder is a part of one `DirectConvolution` of dY.
struct StridedInputGradient: ConvAlgorithm {
    private let problem: ConvProblem
    private let convolution: DirectConvolution
    private let parts: [DirectConvolution.Part]
    /// For each part, its taps as indices of the filter's.
    private let taps: [[Int]]

    var kind: ConvAlgorithmKind { .phaseSplit }

    /// One direction: the remainders, each with its taps and where they read, and the largest offsets.
    private struct Axis {
        let stride, before, after: Int
        /// For each remainder: the taps, and the position that each reads, counted from the first that any reads.
        let reads: [[(tap: Int, position: Int)]]

        /// nil if pixels far outside of dY would be read: borders wider than the kernel.
        init?(_ axis: ConvGeometry.Axis) {
            let phases = ShiftedRowLayout.Phases(
                kernel: axis.kernel, stride: axis.stride, padding: axis.padding.before, dilation: axis.dilation)
            guard phases.after >= 0 else { return nil }
            (stride, before, after) = (axis.stride, phases.after, phases.before)
            reads = (0..<axis.stride).map { remainder in
                phases.taps.enumerated().filter { phases.remainders[$1.phase] == remainder }
                    .map { ($0, phases.after - $1.shift) }
            }
        }
    }

    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        guard let y = Axis(problem.geometry.y), let x = Axis(problem.geometry.x) else { return nil }
        self.problem = problem
        let (m, channels) = (problem.m, problem.window.channels)
        let window = cvk_window(
            channels: m, height: problem.outputHeight, width: problem.outputWidth,
            kernel_height: y.before + y.after + 1, kernel_width: x.before + x.after + 1, stride_y: 1, stride_x: 1,
            pad_top: y.before, pad_left: x.before, dilation_y: 1, dilation_x: 1,
            output_height: (problem.height + y.stride - 1) / y.stride,
            output_width: (problem.width + x.stride - 1) / x.stride)
        var parts: [DirectConvolution.Part] = []
        var taps: [[Int]] = []
        var filters = 0
        for (down, rows) in y.reads.enumerated() {
            for (right, columns) in x.reads.enumerated() {
                let positions = rows.flatMap { row in columns.map { (row.position, $0.position) } }
                parts.append(.init(origin: (down, right), taps: positions, filters: filters))
                taps.append(rows.flatMap { row in columns.map { row.tap * problem.window.kernel_width + $0.tap } })
                filters += problem.groups * channels * m * positions.count
            }
        }
        (self.parts, self.taps) = (parts, taps)
        convolution = DirectConvolution(
            window, batch: problem.batch, groups: problem.groups, m: channels, size: (problem.height, problem.width),
            step: (y.stride, x.stride), parts, isa, tuning.direct)
    }

    func run(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        convolution.run(operands, weights, epilogue)
    }

    /// From [groups · m, channels, taps] to [groups · channels, m, taps of the part], part after part.
    func pack(_ weight: Tensor) -> PackedWeights {
        let (groups, m, channels) = (problem.groups, problem.m, problem.window.channels)
        // Squares of channels, so that both sides stay in the cache.
        let side = 16
        let squares = ((channels + side - 1) / side, (m + side - 1) / side)
        let split = Tensor(shape: [weight.shape.count]) { result in
            weight.withValues { weight in
                Parallel.forRanges(groups * squares.0 * squares.1, grain: 4) { range in
                    for square in range {
                        let (group, rest) = square.quotientAndRemainder(dividingBy: squares.0 * squares.1)
                        let first = rest / squares.1 * side
                        let start = rest % squares.1 * side
                        for channel in first..<min(first + side, channels) {
                            for row in start..<min(start + side, m) {
                                self.split(
                                    weight.baseAddress! + ((group * m + row) * channels + channel) * problem.taps,
                                    number: (group * channels + channel) * m + row, to: result.baseAddress!)
                            }
                        }
                    }
                }
            }
        }
        return PackedWeights(values: split)
    }

    /// The taps of one filter to those of its number in each part.
    private func split(_ filter: UnsafePointer<Float>, number: Int, to result: UnsafeMutablePointer<Float>) {
        for (part, taps) in zip(parts, taps) {
            let to = result + part.filters + number * taps.count
            for (index, tap) in taps.enumerated() { to[index] = filter[tap] }
        }
    }
}
