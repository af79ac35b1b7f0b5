import CKernels
import CVCore
import CVTensor

extension DirectConvolutionStep {
    /// A phase with the distances of its input and output, in words of 32 bits.
    package struct Phase: Sendable {
        let phase: ConvolutionPhase
        let weights: Tensor
        let offsets: [Int]
        /// Whole segments, their words, and those of the tail.
        let segments, depth, tailSegments, tailDepth: Int
        /// Segments of whole blocks of input channels that one pass sums up.
        let segmentsPerPass: Int
        /// Rows of the phase, or pixels where all are one row, that one task computes.
        let rowsPerTask, rowTasks: Int
        /// Whether the pixels of input and output lie one after the other, as one row.
        let isFlat: Bool
        /// From an output pixel to the next in the input, in both directions.
        let inputRow, inputStep: Int
        /// Of the input of a task where it is narrowed: words of a block of channels and of all blocks, the first row below
        /// that of the first output, input rows under an output row, and words before the first pixel of the first row.
        let regionBlock, regionWords, top, height, start: Int
    }
}

extension DirectConvolutionStep.Phase {
    /// Floats of input that a task reads again for each group of channels, and of weights that a pass reads again for
    /// each row: both together stay in the second-level cache of a core, of which 512 KB are common.
    private static let cachedInput = 64_000, cachedWeights = 28_000

    package init(
        _ phase: ConvolutionPhase, _ weights: Tensor, _ operands: OperandForm, x: FeatureLayout, isFlat: Bool,
        lanes: Int
    ) {
        (self.phase, self.weights, self.isFlat) = (phase, weights, isFlat)
        let line = isFlat ? x.blocks * x.lanes : x.blocks * x.pitch * phase.inputStepY
        let count = isFlat ? x.pixels : phase.rows
        let most = max(isFlat ? 24 : 1, Self.cachedInput / max(1, line))
        rowTasks = max(1, (count + most - 1) / most)
        rowsPerTask = max(1, (count + rowTasks - 1) / rowTasks)

        // Words of a pixel, of a row and of a block of channels: those of the input itself, or of the narrowed part of it.
        let taps = phase.taps
        let (pixel, pitch) = (operands.words(x.lanes), operands.words(x.pitch))
        top = taps.map(\.y).min() ?? 0
        height = (taps.map(\.y).max() ?? 0) - top + 1
        let rows = (rowsPerTask - 1) * phase.inputStepY + height
        regionBlock = isFlat ? rowsPerTask * pixel : rows * pitch
        regionWords = x.blocks * regionBlock
        start = isFlat ? 0 : operands.words(x.border.left * x.lanes) - top * pitch
        (inputRow, inputStep) = isFlat ? (0, pixel) : (phase.inputStepY * pitch, phase.inputStepX * pixel)

        let positions = taps.map { $0.y * pitch + $0.x * pixel }
        // Of a planar input, the taps of a row are one segment where they are neighbors.
        let width = max(1, taps.prefix { $0.ky == taps[0].ky && $0.y == taps[0].y }.count)
        let areNeighbors = taps.indices.allSatisfy { $0 % width == 0 || positions[$0] == positions[$0 - 1] + 1 }
        let run = x.lanes == 1 && areNeighbors && taps.count % width == 0 ? width : 1
        let starts = stride(from: 0, to: taps.count, by: run).map { positions[$0] }
        let whole = x.channels / x.lanes
        let blockStride = operands.isNarrow ? regionBlock : x.blockStride
        offsets = (0..<x.blocks).flatMap { block in starts.map { block * blockStride + $0 } }
        (segments, depth) = (whole * starts.count, x.lanes == 1 ? run : pixel)
        (tailSegments, tailDepth) = ((x.blocks - whole) * starts.count, operands.words(x.channels % x.lanes))
        let block = starts.count * depth * PackedConvolution.groupVectors * lanes
        segmentsPerPass = max(1, Self.cachedWeights / max(1, block)) * starts.count
    }

    /// Brings the input under some rows into a narrower form.
    ///
    /// - Parameters:
    ///   - x: the input.
    ///   - image: its number in the batch.
    ///   - rows: of the phase, or pixels where all are one row.
    ///   - operands: the form.
    ///   - memory: of the run.
    ///   - words: for `regionWords` words.
    func narrow(
        _ x: Placement, image: Int, _ rows: Range<Int>, _ operands: OperandForm, _ memory: RunMemory,
        to words: UnsafeMutablePointer<Float>
    ) {
        let layout = x.layout
        let first =
            isFlat
            ? rows.lowerBound * layout.lanes
            : (rows.lowerBound * phase.inputStepY + top) * layout.pitch - layout.border.left * layout.lanes
        let count =
            isFlat
            ? rows.count * layout.lanes : ((rows.count - 1) * phase.inputStepY + height) * layout.pitch
        for block in 0..<layout.blocks {
            operands.narrow(
                memory.read(x, image: image, block: block) + first, to: words + block * regionBlock, count: count)
        }
    }
}
