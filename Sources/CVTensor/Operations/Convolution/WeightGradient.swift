import CKernels
import CVCore

/// The gradient of a convolution with respect to its weight by the tiles of CKernels:
///
///     dWᵀ = Σ over pictures  columns(X) · dYᵀ
///
/// The sum runs over pixels, so the rows of `columns` can stay where they are in the padded picture (`ShiftedRows`), and
/// dY is laid out with its channels side by side.
///
/// The pixels of all pictures are cut into a few parts, each with sums of its own, that are added in order at the end.
/// Their number follows from the shapes alone: the result does not depend on how many threads there are.
struct WeightGradient {
    private let dy, x, weight: ImageShape
    private let groups, m, k, taps: Int
    private let window: cvk_window
    private let layout: ShiftedRows
    private let isa: InstructionSet
    /// Output channels filled up to whole vectors.
    private let width: Int
    /// Output rows at a time, and blocks of them in a picture.
    private let rowsPerBlock, blocks: Int
    /// Into how many parts pixels and input channels are cut.
    private let pixelParts, channelParts: Int
    /// Where each row of `columns` begins, and each row of a panel of dYᵀ that is as wide as a strip.
    private let inputOffsets, panelOffsets: [Int]

    init(dy: ImageShape, x: ImageShape, weight: ImageShape, _ geometry: ConvGeometry, _ isa: InstructionSet) {
        (self.dy, self.x, self.weight, self.isa) = (dy, x, weight, isa)
        groups = geometry.groups
        (m, k, taps) = (dy.channels / groups, weight.image, weight.plane)
        window = geometry.window(channels: weight.channels, height: x.height, width: x.width)
        layout = ShiftedRows(window)
        let lanes = cvk_panel_width(isa.cValue) / 3
        width = (m + lanes - 1) / lanes * lanes
        rowsPerBlock = max(1, min(dy.height, 384 / layout.pitch))
        blocks = (dy.height + rowsPerBlock - 1) / rowsPerBlock
        // 16 MB of sums at most, and tasks enough for some threads.
        let room = max(1, (4 << 20) / max(k * width, 1))
        pixelParts = max(1, min(dy.batch * blocks, min(room, 8)))
        channelParts = max(1, min(weight.channels, (8 + pixelParts - 1) / pixelParts))
        inputOffsets = layout.offsets(channels: weight.channels, rows: rowsPerBlock)
        panelOffsets = (0..<rowsPerBlock * layout.pitch).map { [width] in $0 * min(3 * lanes, width) }
    }

    func run(_ dyTensor: Tensor, _ xTensor: Tensor) -> Tensor {
        Tensor(shape: [groups * m, weight.channels, weight.height, weight.width]) { dw in
            let sums = Tensor(shape: [groups, pixelParts, k, width]) { sums in
                xTensor.withValues { x in
                    dyTensor.withValues { dy in
                        Parallel.forEach(groups * pixelParts * channelParts) { task in
                            let (product, channelPart) = task.quotientAndRemainder(dividingBy: channelParts)
                            let (group, pixelPart) = product.quotientAndRemainder(dividingBy: pixelParts)
                            let channels = ConvolutionProduct.range(
                                channelPart, of: channelParts, count: weight.channels, multiple: 1)
                            let units = ConvolutionProduct.range(
                                pixelPart, of: pixelParts, count: self.dy.batch * blocks, multiple: 1)
                            add(
                                units, group: group, channels, dy.baseAddress!, x.baseAddress!,
                                to: sums.baseAddress! + (product * k + channels.lowerBound * taps) * width)
                        }
                    }
                }
            }
            finish(sums, dw.baseAddress!)
        }
    }

    /// The share of some blocks of rows in the gradients of some input channels.
    private func add(
        _ units: Range<Int>, group: Int, _ channels: Range<Int>, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        to sums: UnsafeMutablePointer<Float>
    ) {
        if units.isEmpty { sums.update(repeating: 0, count: channels.count * taps * width) }
        let pitch = layout.pitch
        let most = rowsPerBlock * pitch
        let input = layout.isImage ? 0 : channels.count * layout.channelStride(rows: rowsPerBlock)
        let strip = cvk_panel_width(isa.cValue)
        withScratch(input + most * (width + strip)) { scratch in
            for unit in units {
                let (image, block) = unit.quotientAndRemainder(dividingBy: blocks)
                let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, self.dy.height)
                let planes = x + ((image * groups + group) * window.channels + channels.lowerBound) * self.x.plane
                let from = layout.lay(planes, channels: channels.count, rows: rows, most: rowsPerBlock, in: scratch)
                let gradients = dy + (image * groups + group) * m * self.dy.plane + rows.lowerBound * self.dy.width
                for column in stride(from: 0, to: width, by: strip) {
                    let count = min(strip, width - column)
                    // All panels are as wide as the first, so that they share their offsets.
                    let packed = scratch + input + most * column
                    cvk_pack_transposed(
                        isa.cValue, gradients + column * self.dy.plane, self.dy.plane, min(count, m - column),
                        rows.count, self.dy.width, pitch, min(strip, width), packed)
                    cvk_gemm_panel(
                        isa.cValue, channels.count * taps, count, rows.count * pitch, from, inputOffsets, packed,
                        panelOffsets, sums + column, width, unit > units.lowerBound)
                }
            }
        }
    }

    /// Adds the parts up and turns dWᵀ into dW.
    private func finish(_ sums: Tensor, _ dw: UnsafeMutablePointer<Float>) {
        let sums = sums.storage.pointer
        let count = k * width
        for group in 0..<groups {
            let parts = sums + group * pixelParts * count
            Parallel.forRanges(k, grain: max(8, 8192 / width)) { rows in
                let (start, length) = (rows.lowerBound * width, rows.count * width)
                for part in 1..<max(pixelParts, 1) {
                    cvk_add(
                        isa.cValue, parts + start, parts + part * count + start, parts + start, length)
                }
                cvk_transpose(
                    isa.cValue, parts + start, width, rows.count, m, dw + group * m * k + rows.lowerBound, k)
            }
        }
    }
}
