import CKernels
import CVCore

/// The gradient with respect to the filters of a 3×3 convolution of stride 1 by the transforms of Winograd's minimal
/// filtering (see `WinogradConvolution`):
///
///     dW = Gᵀ [ Σ over tiles  (A dY Aᵀ) ⊙ (Bᵀ d B) ] G
///
/// The sums over tiles are 36 matrix products. As in `WeightGradient` they are made in a few parts, whose number follows
/// from the shapes alone, and added in order.
struct WinogradWeightGradient {
    private let product: ConvolutionProduct
    private let tiles: WinogradTiles
    private let set: InstructionSet
    /// Output channels filled up to whole vectors.
    private let width: Int
    private let rowsPerBlock, blocks: Int
    private let blockParts, channelParts: Int

    init?(_ product: ConvolutionProduct, _ set: InstructionSet) {
        guard let tiles = WinogradTiles(product, set) else { return nil }
        self.product = product
        self.tiles = tiles
        self.set = set
        let (cin, lanes) = (product.window.channels, cvk_strip_width(set.kernel) / 3)
        width = (product.m + lanes - 1) / lanes * lanes
        // Sums of 36 for each filter are worth their memory only where many tiles add to them.
        guard tiles.rows * tiles.across * 4 >= cin else { return nil }
        rowsPerBlock = max(1, min(tiles.rows, 96 / tiles.across))
        blocks = (tiles.rows + rowsPerBlock - 1) / rowsPerBlock
        let room = max(1, (6 << 20) / (36 * cin * width))
        blockParts = min(blocks, min(room, 8))
        channelParts = max(1, min(cin / 8, (8 + blockParts - 1) / blockParts))
    }

    func run(_ dy: Tensor, _ x: Tensor) -> Tensor {
        let (cout, cin) = (product.m, product.window.channels)
        return Tensor(shape: [cout, cin, 3, 3]) { dw in
            let sums = Tensor(shape: [blockParts, cin, 36, width]) { sums in
                Parallel.forEach(blockParts * channelParts) { task in
                    let (part, channelPart) = task.quotientAndRemainder(dividingBy: channelParts)
                    let channels = ConvolutionProduct.range(channelPart, of: channelParts, count: cin, multiple: 1)
                    let own = ConvolutionProduct.range(part, of: blockParts, count: blocks, multiple: 1)
                    add(
                        own, channels, dy.storage.pointer, x.storage.pointer,
                        to: sums.baseAddress! + (part * cin + channels.lowerBound) * 36 * width)
                }
            }
            finish(sums, dw.baseAddress!)
        }
    }

    private func add(
        _ blocks: Range<Int>, _ channels: Range<Int>, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        to sums: UnsafeMutablePointer<Float>
    ) {
        let most = rowsPerBlock * tiles.across
        let strip = cvk_strip_width(set.kernel)
        let pitch = most + 16
        let panel = min(strip, width)
        let inputPlace = WinogradConvolution.placeStride(channels.count * pitch)
        let gradientPlace = WinogradConvolution.placeStride(most * panel)
        let (inputSize, gradientSize) = (36 * inputPlace, 36 * gradientPlace)
        let packedSize = 16 * tiles.across * panel
        let inputOffsets = (0..<channels.count).map { $0 * pitch }
        let panelOffsets = (0..<most).map { $0 * panel }
        withScratch(inputSize + gradientSize + packedSize + tiles.scratch(rows: rowsPerBlock)) { scratch in
            let (gradients, packed) = (scratch + inputSize, scratch + inputSize + gradientSize)
            for block in blocks {
                let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, tiles.rows)
                tiles.transform(
                    x, channels: channels, of: product.window.channels, rows, to: scratch, pitch: pitch,
                    places: inputPlace, scratch: packed + packedSize, set)
                for column in stride(from: 0, to: width, by: strip) {
                    transform(dy, column: column, panel, rows, packed: packed, to: gradients, places: gradientPlace)
                    for place in 0..<36 {
                        cvk_strip_product(
                            set.kernel, channels.count, min(strip, width - column), rows.count * tiles.across,
                            scratch + place * inputPlace, inputOffsets, gradients + place * gradientPlace,
                            panelOffsets, sums + place * width + column, 36 * width, block > blocks.lowerBound)
                    }
                }
            }
        }
    }

    /// A dY Aᵀ for a panel of output channels: [36][tiles][panel].
    private func transform(
        _ dy: UnsafePointer<Float>, column: Int, _ panel: Int, _ rows: Range<Int>,
        packed: UnsafeMutablePointer<Float>, to gradients: UnsafeMutablePointer<Float>, places: Int
    ) {
        let (height, width) = (product.window.output_height, product.window.output_width)
        let pitch = 4 * tiles.across
        for (index, row) in rows.enumerated() {
            let (picture, down) = row.quotientAndRemainder(dividingBy: tiles.down)
            let lines = min(4, height - 4 * down)
            let planes = dy + (picture * product.m + column) * product.n + 4 * down * width
            cvk_pack_transposed(
                set.kernel, planes, product.n, min(panel, product.m - column), lines, width, pitch, panel, packed)
            (packed + lines * pitch * panel).update(repeating: 0, count: (4 - lines) * pitch * panel)
            cvk_winograd_gradient(
                set.kernel, packed, tiles.across, panel, gradients + index * tiles.across * panel, places)
        }
    }

    /// Adds the parts up and transforms them back.
    private func finish(_ sums: Tensor, _ dw: UnsafeMutablePointer<Float>) {
        let (cout, cin) = (product.m, product.window.channels)
        let (sums, size) = (sums.storage.pointer, cin * 36 * width)
        Parallel.forRanges(cin, grain: max(1, 2048 / width)) { channels in
            withScratch(9 * width) { taps in
                for channel in channels {
                    let own = sums + channel * 36 * width
                    for part in 1..<blockParts {
                        cvk_add(set.kernel, own, own + part * size, own, 36 * width)
                    }
                    cvk_winograd_filter_gradient(set.kernel, own, width, width, taps, width)
                    // [9][Cout] to nine neighbours for each output channel.
                    cvk_transpose(set.kernel, taps, width, 9, cout, dw + channel * 9, cin * 9)
                }
            }
        }
    }
}
