import CKernels
import CVCore

/// A convolution by the tiles of CKernels: for each image and group Y = W · columns(X), where the rows of `columns` are
/// the padded rows of the image, or of every s-th pixel of it, shifted (see `ShiftedRowLayout`).
///
/// A task makes some rows of pixels of some channels. It pads a few channels of the input at a time, as many as fit
/// into the fastest cache, and adds their share to all its outputs.
///
/// Backward-data through a stride is such a convolution, too, separately for every s-th pixel of the result: each of
/// these parts is reached by taps of its own.
struct DirectConvolution: ConvAlgorithm {
    /// Pixels of the result that the same taps reach: every `step`-th from `origin` on, in both directions.
    struct Part {
        var origin = (y: 0, x: 0)
        /// Those of the window that are meant; nil for all.
        var taps: [(y: Int, x: Int)]?
        /// Where its filters begin, each [channels, taps].
        var filters = 0
    }

    /// Some outputs of one group of one image.
    private struct Block {
        let product: Int
        let channels, rows: Range<Int>
    }

    private let layout: ShiftedRowLayout
    private let isa: InstructionSet
    private let batch, groups: Int
    /// Output channels of a group, and the height and width of the result.
    private let m, height, width: Int
    private let step: (y: Int, x: Int)
    private let parts: [Part]
    /// The offset at which each tap of a part starts reading, for `chunk` input channels.
    private let inputOffsets: [[Int]]
    /// Input channels at a time.
    private let chunk: Int
    /// Output rows of a task (of one part), and the cuts of a product into tasks.
    private let rowsPerTask, rowCuts, channelCuts: Int

    var kind: ConvAlgorithmKind { .direct }

    /// Applies to every convolution.
    init(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        self.init(
            problem.window, batch: problem.batch, groups: problem.groups, m: problem.m,
            size: (problem.outputHeight, problem.outputWidth), step: (1, 1), [Part()], isa, tuning.direct)
    }

    /// window: of one group of one image, its output being one part. size: height and width of the whole result.
    init(
        _ window: cvk_window, batch: Int, groups: Int, m: Int, size: (height: Int, width: Int), step: (y: Int, x: Int),
        _ parts: [Part], _ isa: InstructionSet, _ tuning: ConvTuning.Direct
    ) {
        (self.batch, self.groups, self.m, self.step, self.parts, self.isa) = (batch, groups, m, step, parts, isa)
        (height, width) = size
        let layout = ShiftedRowLayout(window)
        self.layout = layout
        let taps = window.kernel_height * window.kernel_width
        let chunk = max(1, min(window.channels, tuning.cachedRows / taps))
        let pixels = max(tuning.minPixels, min(tuning.maxPixels, tuning.cachedSums / max(m * parts.count, 1)))
        let wholeRows = max(1, pixels / layout.pitch)
        rowCuts = max(1, (window.output_height + wholeRows - 1) / wholeRows)
        let rowsPerTask = (window.output_height + rowCuts - 1) / rowCuts
        inputOffsets = parts.map {
            $0.taps.map { layout.offsets(channels: chunk, rows: rowsPerTask, taps: $0) }
                ?? layout.offsets(channels: chunk, rows: rowsPerTask)
        }
        (self.chunk, self.rowsPerTask) = (chunk, rowsPerTask)
        // If that leaves threads without work (small images at the end of a network), divide the channels, too.
        let tasks = batch * groups * rowCuts
        let desired = Parallel.threadCount == 1 ? 1 : Parallel.threadCount * 2
        let mostCuts = (m + tuning.filtersPerTask - 1) / tuning.filtersPerTask
        channelCuts = tasks >= desired ? 1 : max(1, min(mostCuts, (desired + tasks - 1) / max(tasks, 1)))
    }

    func run(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        Parallel.forEach(batch * groups * rowCuts * channelCuts) { task in
            let (product, part) = task.quotientAndRemainder(dividingBy: rowCuts * channelCuts)
            let (channelPart, rowPart) = part.quotientAndRemainder(dividingBy: rowCuts)
            let channels = Range.part(channelPart, of: channelCuts, count: m, multiple: 8)
            let start = min(rowPart * rowsPerTask, layout.window.output_height)
            let rows = start..<min(start + rowsPerTask, layout.window.output_height)
            if channels.isEmpty || rows.isEmpty { return }
            make(Block(product: product, channels: channels, rows: rows), operands, weights.pointer, epilogue)
        }
    }

    private func make(
        _ block: Block, _ operands: ConvOperands, _ weights: UnsafePointer<Float>, _ epilogue: Epilogue
    ) {
        let columns = block.rows.count * layout.pitch
        let panel = cvk_panel_width(isa.cValue)
        let pitch = (columns + panel - 1) / panel * panel
        let padded = layout.isImage ? 0 : chunk * layout.channelStride(rows: rowsPerTask)
        let sumsOfPart = block.channels.count * pitch
        withScratch(padded + parts.count * sumsOfPart) { scratch in
            multiply(
                block, operands.x, weights, padded: scratch, to: scratch + padded, pitch: pitch, partStride: sumsOfPart)
            if hasGaps { clear(block, operands.y) }
            for (number, part) in parts.enumerated() where !inputOffsets[number].isEmpty {
                store(scratch + padded + number * sumsOfPart, pitch: pitch, block, part, to: operands.y)
            }
        }
        finish(block, operands, epilogue)
    }

    /// The sums of each part, [channels][pitch].
    private func multiply(
        _ block: Block, _ images: UnsafePointer<Float>, _ filters: UnsafePointer<Float>,
        padded: UnsafeMutablePointer<Float>, to sums: UnsafeMutablePointer<Float>, pitch: Int, partStride: Int
    ) {
        let (window, channels) = (layout.window, block.channels)
        let plane = window.height * window.width
        let x = images + block.product * window.channels * plane
        let row = block.product % groups * m + channels.lowerBound
        for first in stride(from: 0, to: window.channels, by: chunk) {
            let input = layout.pack(
                x + first * plane, channels: min(chunk, window.channels - first), rows: block.rows, most: rowsPerTask,
                to: padded)
            for (number, part) in parts.enumerated() where !inputOffsets[number].isEmpty {
                let taps = inputOffsets[number].count / chunk
                let k = window.channels * taps
                let weights = filters + part.filters + row * k + first * taps
                let weightOffsets = (0..<channels.count).map { $0 * k }
                let depth = min(chunk, window.channels - first) * taps
                isa.forPanels(block.rows.count * layout.pitch) { panel in
                    cvk_gemm_panel(
                        isa.cValue, channels.count, panel.count, depth, weights, weightOffsets,
                        input + panel.lowerBound, inputOffsets[number], sums + number * partStride + panel.lowerBound,
                        pitch, first > 0)
                }
            }
        }
    }

    /// Whether no tap reaches some pixels: those of a window that is smaller than its step.
    private var hasGaps: Bool { inputOffsets.contains { $0.isEmpty } }

    /// Rows of the whole result that belong to a block.
    private func lines(_ block: Block) -> Range<Int> {
        block.rows.lowerBound * step.y..<min(block.rows.upperBound * step.y, height)
    }

    /// Where the rows of a channel of a block begin in the result.
    private func start(_ block: Block, _ channel: Int) -> Int {
        ((block.product * m + channel) * height + lines(block).lowerBound) * width
    }

    private func clear(_ block: Block, _ y: UnsafeMutablePointer<Float>) {
        for channel in block.channels {
            (y + start(block, channel)).update(repeating: 0, count: lines(block).count * width)
        }
    }

    /// Removes the gaps between the outputs of a part, while they are in the cache.
    private func store(
        _ sums: UnsafePointer<Float>, pitch: Int, _ block: Block, _ part: Part, to y: UnsafeMutablePointer<Float>
    ) {
        // A part may have a row or a column less than the first.
        let rows = block.rows
        let lines = min(rows.upperBound, max(0, height - part.origin.y + step.y - 1) / step.y) - rows.lowerBound
        let columns = max(0, width - part.origin.x + step.x - 1) / step.x
        if lines <= 0 || columns == 0 { return }
        for (line, channel) in block.channels.enumerated() {
            cvk_spread_rows(
                sums + line * pitch, layout.pitch, columns, lines,
                y + start(block, channel) + part.origin.y * width + part.origin.x, step.y * width, step.x)
        }
    }

    private func finish(_ block: Block, _ operands: ConvOperands, _ epilogue: Epilogue) {
        for channel in block.channels {
            epilogue.apply(
                operands, channel: block.product % groups * m + channel, at: start(block, channel),
                count: lines(block).count * width, isa)
        }
    }
}
