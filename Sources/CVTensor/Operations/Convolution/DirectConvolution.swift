import CKernels
import CVCore

/// A convolution by the tiles of CKernels: for each picture and group Y = W · columns(X), where the rows of `columns` are
/// the padded rows of the picture, or of every s-th pixel of it, shifted (see `ShiftedRows`).
///
/// A task makes some rows of pixels of some channels. It pads a few channels of the input at a time, as many as fit
/// into the fastest cache, and adds their share to all its outputs.
///
/// The way back through a stride is such a convolution, too, for every s-th pixel of the result apart: each of these
/// parts is reached by taps of its own.
struct DirectConvolution {
    /// Pixels of the result that the same taps reach: every `step`-th from `position` on, in both directions.
    struct Part {
        var position = (y: 0, x: 0)
        /// Those of the window that are meant; nil for all.
        var taps: [(y: Int, x: Int)]?
        /// Where its filters begin, each [channels, taps].
        var filters = 0
    }

    private let layout: ShiftedRows
    private let isa: InstructionSet
    private let batch, groups: Int
    /// Output channels of a group, and the height and width of the result.
    private let m, height, width: Int
    private let step: (y: Int, x: Int)
    private let parts: [Part]
    /// Where what each tap of a part sees begins, for `chunk` input channels.
    private let inputOffsets: [[Int]]
    /// Input channels at a time.
    private let chunk: Int
    /// Output rows of a task (of one part), and the cuts of a product into tasks.
    private let rowsPerTask, rowCuts, channelCuts: Int

    init(_ product: ConvolutionProduct, _ isa: InstructionSet) {
        let size = (product.window.output_height, product.window.output_width)
        self.init(
            product.window, batch: product.batch, groups: product.groups, m: product.m, size: size, step: (1, 1),
            [Part()], isa)
    }

    /// window: of one group of one picture, its output being one part. size: height and width of the whole result.
    init(
        _ window: cvk_window, batch: Int, groups: Int, m: Int, size: (height: Int, width: Int), step: (y: Int, x: Int),
        _ parts: [Part], _ isa: InstructionSet
    ) {
        (self.batch, self.groups, self.m, self.step, self.parts, self.isa) = (batch, groups, m, step, parts, isa)
        (height, width) = size
        let layout = ShiftedRows(window)
        self.layout = layout
        let taps = window.kernel_height * window.kernel_width
        let chunk = max(1, min(window.channels, Self.cachedRows / taps))
        // The sums of a task stay in its core's cache: 400 KB of the 1 MB that is usual.
        let columns = max(96, min(1056, 100_000 / max(m * parts.count, 1)))
        let wholeRows = max(1, columns / layout.pitch)
        rowCuts = max(1, (window.output_height + wholeRows - 1) / wholeRows)
        let rowsPerTask = (window.output_height + rowCuts - 1) / rowCuts
        inputOffsets = parts.map {
            $0.taps.map { layout.offsets(channels: chunk, rows: rowsPerTask, taps: $0) }
                ?? layout.offsets(channels: chunk, rows: rowsPerTask)
        }
        (self.chunk, self.rowsPerTask) = (chunk, rowsPerTask)
        // Where that leaves threads without work (small maps at the end of a network), cut the channels, too.
        let tasks = batch * groups * rowCuts
        let wanted = Parallel.threadCount == 1 ? 1 : Parallel.threadCount * 2
        channelCuts = tasks >= wanted ? 1 : max(1, min((m + 63) / 64, (wanted + tasks - 1) / max(tasks, 1)))
    }

    /// Rows of `columns` of which a strip fits into 48 KB, counted as if they did not overlap.
    private static let cachedRows = 288

    func run(_ operands: ConvolutionProduct.Operands) {
        Parallel.forEach(batch * groups * rowCuts * channelCuts) { task in
            let (index, part) = task.quotientAndRemainder(dividingBy: rowCuts * channelCuts)
            let (channelPart, rowPart) = part.quotientAndRemainder(dividingBy: rowCuts)
            let channels = ConvolutionProduct.range(channelPart, of: channelCuts, count: m, multiple: 8)
            let start = min(rowPart * rowsPerTask, layout.window.output_height)
            let rows = start..<min(start + rowsPerTask, layout.window.output_height)
            if !channels.isEmpty && !rows.isEmpty { multiply(operands, product: index, channels, rows) }
        }
    }

    private func multiply(
        _ operands: ConvolutionProduct.Operands, product index: Int, _ channels: Range<Int>, _ rows: Range<Int>
    ) {
        let window = layout.window
        let x = operands.x + index * window.channels * window.height * window.width
        let columns = rows.count * layout.pitch
        let strip = cvk_panel_width(isa.cValue)
        let pitch = (columns + strip - 1) / strip * strip
        let padded = layout.isImage ? 0 : chunk * layout.channelStride(rows: rowsPerTask)
        let sumsOfPart = channels.count * pitch
        withScratch(padded + parts.count * sumsOfPart) { scratch in
            for first in Swift.stride(from: 0, to: window.channels, by: chunk) {
                let count = min(chunk, window.channels - first)
                let input = layout.lay(
                    x + first * window.height * window.width, channels: count, rows: rows, most: rowsPerTask,
                    in: scratch)
                for (number, part) in parts.enumerated() where !inputOffsets[number].isEmpty {
                    let taps = inputOffsets[number].count / chunk
                    let k = window.channels * taps
                    let row = index % groups * m + channels.lowerBound
                    let weights = operands.weight + part.filters + row * k + first * taps
                    let weightOffsets = (0..<channels.count).map { $0 * k }
                    let sums = scratch + padded + number * sumsOfPart
                    isa.forStrips(columns) { strip in
                        cvk_gemm_panel(
                            isa.cValue, channels.count, strip.count, count * taps, weights, weightOffsets,
                            input + strip.lowerBound, inputOffsets[number], sums + strip.lowerBound, pitch, first > 0)
                    }
                }
            }
            if hasGaps { clear(operands, product: index, channels, rows) }
            for (number, part) in parts.enumerated() where !inputOffsets[number].isEmpty {
                store(
                    scratch + padded + number * sumsOfPart, pitch: pitch, operands, product: index, part, channels,
                    rows)
            }
            finish(operands, product: index, channels, rows)
        }
    }

    /// Whether no tap reaches some pixels: those of a window that is smaller than its step.
    private var hasGaps: Bool { inputOffsets.contains { $0.isEmpty } }

    private func clear(
        _ operands: ConvolutionProduct.Operands, product index: Int, _ channels: Range<Int>, _ rows: Range<Int>
    ) {
        let lines = rows.lowerBound * step.y..<min(rows.upperBound * step.y, height)
        for channel in channels {
            let to = operands.y + ((index * m + channel) * height + lines.lowerBound) * width
            to.update(repeating: 0, count: lines.count * width)
        }
    }

    /// Takes the outputs of a part out of the gaps, while they are in the cache.
    private func store(
        _ sums: UnsafePointer<Float>, pitch: Int, _ operands: ConvolutionProduct.Operands, product index: Int,
        _ part: Part, _ channels: Range<Int>, _ rows: Range<Int>
    ) {
        // A part may have a row or a column less than the first.
        let lines = min(rows.upperBound, max(0, height - part.position.y + step.y - 1) / step.y) - rows.lowerBound
        let columns = max(0, width - part.position.x + step.x - 1) / step.x
        if lines <= 0 || columns == 0 { return }
        for (line, channel) in channels.enumerated() {
            let row = (index * m + channel) * height + rows.lowerBound * step.y + part.position.y
            cvk_spread_rows(
                sums + line * pitch, layout.pitch, columns, lines, operands.y + row * width + part.position.x,
                step.y * width, step.x)
        }
    }

    /// Adds the bias and finishes the outputs. Only for a result in one part.
    private func finish(
        _ operands: ConvolutionProduct.Operands, product index: Int, _ channels: Range<Int>, _ rows: Range<Int>
    ) {
        if operands.bias == nil && operands.epilogue == nil { return }
        precondition(step == (1, 1), "a bias and an epilogue are for a result in one part")
        for channel in channels {
            let to = operands.y + ((index * m + channel) * height + rows.lowerBound) * width
            let own = index % groups * m + channel
            if let bias = operands.bias { cvk_scale_shift(isa.cValue, 1, bias[own], to, to, rows.count * width) }
            operands.epilogue?.apply(channel: own, to, count: rows.count * width)
        }
    }
}
