import CKernels
import CVCore
import CVTensor

/// What the processor can do at most: the yardstick of a profile.
public enum MachinePeak {
    /// Floating-point operations a second of the kernel for sums of products, on data in the first-level cache, with the
    /// threads of `Parallel`.
    ///
    /// - Returns: billions of operations a second, the best of a few runs of some milliseconds.
    public static func gigaFLOPS() -> Double {
        let isa = InstructionSet.current
        let lanes = isa.lanes
        // 64 input channels, 12 pixels, two vectors of output channels: 12 KB with AVX-512.
        let (segments, pixels, repetitions) = (64 / lanes, 12, 2000)
        let threads = Parallel.threadCount
        let clock = ContinuousClock()
        var best = 0.0
        for _ in 0..<5 {
            let start = clock.now
            Parallel.forEach(threads) { _ in run(segments, pixels, repetitions, isa) }
            let seconds = (clock.now - start) / .seconds(1)
            best = max(best, Double(threads * repetitions * 64 * pixels * 2 * lanes * 2) / seconds / 1e9)
        }
        return best
    }

    private static func run(_ segments: Int, _ pixels: Int, _ repetitions: Int, _ isa: InstructionSet) {
        let lanes = isa.lanes
        let x = Tensor(repeating: 0.5, shape: [segments * pixels * lanes])
        let weights = Tensor(repeating: 0.25, shape: [segments * lanes * 2 * lanes])
        let offsets = (0..<segments).map { $0 * pixels * lanes }
        withScratch(2 * pixels * lanes) { y in
            x.withValues { x in
                weights.withValues { weights in
                    offsets.withUnsafeBufferPointer { offsets in
                        var conv = cvk_blocked_conv()
                        (conv.x, conv.x_step, conv.columns) = (x.baseAddress, lanes, pixels)
                        (conv.offsets, conv.segments, conv.depth) = (offsets.baseAddress, segments, lanes)
                        (conv.weights, conv.low, conv.high) = (weights.baseAddress, -.infinity, .infinity)
                        (conv.y, conv.y_step, conv.y_block) = (y, lanes, pixels * lanes)
                        for _ in 0..<repetitions { cvk_blocked_conv_rows(isa.cValue, &conv, 2, 0, 1) }
                    }
                }
            }
        }
    }
}
