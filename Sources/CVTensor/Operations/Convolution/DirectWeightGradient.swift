import CKernels
import CVCore

/// Backward-weights by the tiles of CKernels:
///
///     dWᵀ = Σ over images  columns(X) · dYᵀ
///
/// The sum runs over pixels, so the rows of `columns` can stay where they are in the padded image (`ShiftedRowLayout`),
/// and dY is packed with its channels side by side.
///
/// The pixels of all images are divided into a few parts with separate sums, which are added in order at the end.
/// Their number follows from the shapes alone: the result does not depend on how many threads there are.
struct DirectWeightGradient: ConvWeightGradient {
    private let problem: ConvProblem
    private let layout: ShiftedRowLayout
    private let isa: InstructionSet
    /// Output channels filled up to whole vectors.
    private let width: Int
    /// Output rows at a time, and blocks of them in an image.
    private let rowsPerBlock, blocks: Int
    /// Into how many parts pixels and input channels are divided.
    private let pixelParts, channelParts: Int
    /// Where each row of `columns` begins, and each row of a panel of dYᵀ.
    private let inputOffsets, panelOffsets: [Int]

    var kind: ConvAlgorithmKind { .direct }

    /// Applies to every convolution.
    init(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        (self.problem, self.isa) = (problem, isa)
        layout = ShiftedRowLayout(problem.window)
        let panel = cvk_panel_width(isa.cValue)
        let lanes = max(panel / 3, 1)
        let width = (problem.m + lanes - 1) / lanes * lanes
        self.width = width
        let (tuning, channels) = (tuning.directWeights, problem.window.channels)
        rowsPerBlock = max(1, min(problem.outputHeight, tuning.pixelsPerBlock / layout.pitch))
        blocks = (problem.outputHeight + rowsPerBlock - 1) / rowsPerBlock
        let room = max(1, tuning.partialSums / max(problem.k * width, 1))
        pixelParts = max(1, min(problem.batch * blocks, min(room, tuning.parts)))
        channelParts = max(1, min(channels, (tuning.parts + pixelParts - 1) / pixelParts))
        inputOffsets = layout.offsets(channels: channels, rows: rowsPerBlock)
        panelOffsets = (0..<rowsPerBlock * layout.pitch).map { $0 * min(panel, width) }
    }

    func run(dy: UnsafePointer<Float>, x: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>) {
        let size = problem.k * width
        withScratch(problem.groups * pixelParts * size) { sums in
            Parallel.forEach(problem.groups * pixelParts * channelParts) { task in
                let (product, channelPart) = task.quotientAndRemainder(dividingBy: channelParts)
                let (group, pixelPart) = product.quotientAndRemainder(dividingBy: pixelParts)
                let channels = Range.part(
                    channelPart, of: channelParts, count: problem.window.channels, multiple: 1)
                let units = Range.part(pixelPart, of: pixelParts, count: problem.batch * blocks, multiple: 1)
                add(
                    units, group: group, channels, dy, x,
                    to: sums + product * size + channels.lowerBound * problem.taps * width)
            }
            finish(sums, to: dw)
        }
    }

    /// The share of some blocks of rows in the gradients of some input channels.
    private func add(
        _ units: Range<Int>, group: Int, _ channels: Range<Int>, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        to sums: UnsafeMutablePointer<Float>
    ) {
        let rowCount = channels.count * problem.taps
        if units.isEmpty { sums.update(repeating: 0, count: rowCount * width) }
        let most = rowsPerBlock * layout.pitch
        let input = layout.isImage ? 0 : channels.count * layout.channelStride(rows: rowsPerBlock)
        let panel = cvk_panel_width(isa.cValue)
        withScratch(input + most * (width + panel)) { scratch in
            for unit in units {
                let (image, block) = unit.quotientAndRemainder(dividingBy: blocks)
                let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, problem.outputHeight)
                let product = image * problem.groups + group
                let planes = x + (product * problem.window.channels + channels.lowerBound) * problem.inputPlane
                let from = layout.pack(planes, channels: channels.count, rows: rows, most: rowsPerBlock, to: scratch)
                let gradients = dy + product * problem.m * problem.n + rows.lowerBound * problem.outputWidth
                for column in stride(from: 0, to: width, by: panel) {
                    let count = min(panel, width - column)
                    // All panels are as wide as the first, so that they share their offsets.
                    let packed = scratch + input + most * column
                    cvk_pack_transposed(
                        isa.cValue, gradients + column * problem.n, problem.n, min(count, problem.m - column),
                        rows.count, problem.outputWidth, layout.pitch, min(panel, width), packed)
                    cvk_gemm_panel(
                        isa.cValue, rowCount, count, rows.count * layout.pitch, from, inputOffsets, packed,
                        panelOffsets, sums + column, width, unit > units.lowerBound)
                }
            }
        }
    }

    /// Adds the parts up and turns dWᵀ into dW.
    private func finish(_ sums: UnsafeMutablePointer<Float>, to dw: UnsafeMutablePointer<Float>) {
        let (m, k) = (problem.m, problem.k)
        let count = k * width
        for group in 0..<problem.groups {
            let parts = sums + group * pixelParts * count
            Parallel.forRanges(k, grain: max(8, 8192 / width)) { rows in
                let (start, length) = (rows.lowerBound * width, rows.count * width)
                for part in 1..<max(pixelParts, 1) {
                    cvk_add(isa.cValue, parts + start, parts + part * count + start, parts + start, length)
                }
                cvk_transpose(isa.cValue, parts + start, width, rows.count, m, dw + group * m * k + rows.lowerBound, k)
            }
        }
    }
}
