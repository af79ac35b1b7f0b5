import CKernels
import CVCore

/// A convolution of stride 1 by the tiles of CKernels: for each picture and group Y = W · columns(X), where the rows of
/// `columns` are the padded rows of the picture, shifted (see `ShiftedRows`).
///
/// A task makes some rows of pixels of some channels. It pads a few channels of the input at a time, as many as fit
/// into the fastest cache, and adds their share to all its outputs.
struct DirectConvolution {
    private let product: ConvolutionProduct
    private let layout: ShiftedRows
    private let set: InstructionSet
    /// Input channels at a time.
    private let chunk: Int
    /// Output rows of a task, and the cuts of a product into tasks.
    private let rowsPerTask, rowCuts, channelCuts: Int
    /// Where the rows of the weights, and what each tap sees, begin.
    private let weightOffsets, inputOffsets: [Int]

    init?(_ product: ConvolutionProduct, _ set: InstructionSet) {
        guard let layout = ShiftedRows(product.window) else { return nil }
        let window = product.window
        self.product = product
        self.layout = layout
        self.set = set
        let taps = window.kernel_height * window.kernel_width
        chunk = max(1, min(window.channels, Self.cachedRows / taps))
        // The sums of a task stay in its core's cache: 400 KB of the 1 MB that is usual.
        let columns = max(96, min(1056, 100_000 / max(product.m, 1)))
        let wholeRows = max(1, columns / layout.pitch)
        rowCuts = max(1, (window.output_height + wholeRows - 1) / wholeRows)
        rowsPerTask = (window.output_height + rowCuts - 1) / rowCuts
        // Where that leaves threads without work (small maps at the end of a network), cut the channels, too.
        let tasks = product.batch * product.groups * rowCuts
        let wanted = Parallel.threadCount == 1 ? 1 : Parallel.threadCount * 2
        weightOffsets = (0..<product.m).map { $0 * product.k }
        inputOffsets = layout.offsets(channels: chunk, rows: rowsPerTask)
        channelCuts = tasks >= wanted ? 1 : max(1, min((product.m + 63) / 64, (wanted + tasks - 1) / max(tasks, 1)))
    }

    /// Rows of `columns` of which a strip fits into 48 KB, counted as if they did not overlap.
    private static let cachedRows = 288

    func run(_ operands: ConvolutionProduct.Operands) {
        Parallel.forEach(product.batch * product.groups * rowCuts * channelCuts) { task in
            let (index, part) = task.quotientAndRemainder(dividingBy: rowCuts * channelCuts)
            let (channelPart, rowPart) = part.quotientAndRemainder(dividingBy: rowCuts)
            let channels = ConvolutionProduct.range(channelPart, of: channelCuts, count: product.m, multiple: 8)
            let start = min(rowPart * rowsPerTask, layout.window.output_height)
            let rows = start..<min(start + rowsPerTask, layout.window.output_height)
            if !channels.isEmpty && !rows.isEmpty { multiply(operands, product: index, channels, rows) }
        }
    }

    private func multiply(
        _ operands: ConvolutionProduct.Operands, product index: Int, _ channels: Range<Int>, _ rows: Range<Int>
    ) {
        let (window, k) = (layout.window, product.k)
        let taps = window.kernel_height * window.kernel_width
        let group = index % product.groups
        let x = operands.x + index * window.channels * window.height * window.width
        let weights = operands.weight + (group * product.m + channels.lowerBound) * k
        let (columns, stride) = (rows.count * layout.pitch, layout.planeStride(rows: rowsPerTask))
        let width = cvk_strip_width(set.kernel)
        let pitch = (columns + width - 1) / width * width
        let padded = layout.isPicture ? 0 : chunk * stride
        withScratch(padded + channels.count * pitch) { scratch in
            let sums = scratch + padded
            for first in Swift.stride(from: 0, to: window.channels, by: chunk) {
                let count = min(chunk, window.channels - first)
                let input = layout.lay(
                    x + first * window.height * window.width, channels: count, rows: rows, stride: stride, in: scratch)
                for column in Swift.stride(from: 0, to: columns, by: width) {
                    cvk_strip_product(
                        set.kernel, channels.count, min(width, columns - column), count * taps, weights + first * taps,
                        weightOffsets, input + column, inputOffsets, sums + column, pitch, first > 0)
                }
            }
            store(sums, pitch: pitch, operands, product: index, channels, rows)
        }
    }

    /// Takes the outputs out of the gaps, adds the bias and finishes them, while they are in the cache.
    private func store(
        _ sums: UnsafePointer<Float>, pitch: Int, _ operands: ConvolutionProduct.Operands, product index: Int,
        _ channels: Range<Int>, _ rows: Range<Int>
    ) {
        let (width, plane) = (layout.window.output_width, product.n)
        let group = index % product.groups
        for (line, channel) in channels.enumerated() {
            let to = operands.y + (index * product.m + channel) * plane + rows.lowerBound * width
            let from = sums + line * pitch
            cvk_copy_rows(from, layout.pitch, width, rows.count, to)
            let own = group * product.m + channel
            if let bias = operands.bias { cvk_scale_shift(set.kernel, 1, bias[own], to, to, rows.count * width) }
            operands.epilogue?.apply(channel: own, to, count: rows.count * width)
        }
    }
}
