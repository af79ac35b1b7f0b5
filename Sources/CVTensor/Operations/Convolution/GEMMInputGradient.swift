import CKernels
import CVCore

/// Backward-data as matrix products: dX = fold(Wᵀ · dY), where fold adds each tap to the pixel that it came from
/// (col2im).
///
/// For OpenBLAS, and for windows that no faster algorithm applies to.
struct GEMMInputGradient: ConvAlgorithm {
    private let problem: ConvProblem
    private let backend: GEMMBackend
    private let isa: InstructionSet
    private let tuning: ConvTuning.GEMM

    var kind: ConvAlgorithmKind { .gemm }

    /// Applies to every convolution.
    init(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        (self.problem, self.isa, self.tuning) = (problem, isa, tuning.gemm)
        backend = GEMMBackend(isa)
    }

    /// [groups · m, k] -> for each group [k, m].
    func pack(_ weight: Tensor) -> PackedWeights {
        let (groups, m, k) = (problem.groups, problem.m, problem.k)
        let transposed = Tensor(shape: [groups, k, m]) { result in
            weight.withValues { weight in
                for group in 0..<groups {
                    let (from, to) = (weight.baseAddress! + group * m * k, result.baseAddress! + group * m * k)
                    Parallel.forRanges(k, grain: 64) { rows in
                        for row in rows {
                            for column in 0..<m { to[row * m + column] = from[column * k + row] }
                        }
                    }
                }
            }
        }
        return PackedWeights(values: transposed)
    }

    func run(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        let (groups, channels, taps, m) = (problem.groups, problem.window.channels, problem.taps, problem.m)
        // One task makes some channels of an image: no two add to the same plane.
        let perTask = max(1, min(channels, (tuning.tapsPerTask + taps - 1) / taps))
        let parts = (channels + perTask - 1) / perTask
        Parallel.forEach(problem.batch * groups * parts) { task in
            let (product, part) = task.quotientAndRemainder(dividingBy: parts)
            let mine = part * perTask..<min((part + 1) * perTask, channels)
            let rows = weights.pointer + ((product % groups) * channels + mine.lowerBound) * taps * m
            let start = (product * channels + mine.lowerBound) * problem.inputPlane
            let planes = operands.y + start
            planes.update(repeating: 0, count: mine.count * problem.inputPlane)
            foldProduct(rows, operands.x + product * m * problem.n, channels: mine.count, to: planes)
            for index in 0..<mine.count {
                epilogue.apply(
                    operands, channel: product % groups * channels + mine.lowerBound + index,
                    at: start + index * problem.inputPlane, count: problem.inputPlane, isa)
            }
        }
    }

    /// `fold(weights · dy)` for a few channels: weights [channels · taps, m], dy [m, pixels].
    private func foldProduct(
        _ weights: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, channels: Int,
        to planes: UnsafeMutablePointer<Float>
    ) {
        var window = problem.window
        let (m, pixels, taps, block) = (problem.m, problem.n, problem.taps, tuning.blockColumns)
        // A matrix that is packed as it is: a 1×1 window on m channels of one row.
        var plain = ConvGeometry(kernel: 1).window(channels: m, height: 1, width: pixels)
        let panel = backend.panelWidth(columns: block)
        let width = (block + panel - 1) / panel * panel
        withScratch((m + 1 + channels * taps) * width) { line in
            let (packed, product) = (line + width, line + width * (m + 1))
            for start in stride(from: 0, to: pixels, by: block) {
                let end = min(start + block, pixels)
                cvk_pack_windows(&plain, dy, 0, m, start, end, panel, packed, line)
                backend.multiply(
                    channels * taps, end - start, m, weights, stride: m, packed, panel: panel, to: product,
                    stride: width, adding: false)
                for channel in 0..<channels {
                    cvk_add_windows(
                        &window, product + channel * taps * width, width, start, end,
                        planes + channel * problem.inputPlane)
                }
            }
        }
    }
}
