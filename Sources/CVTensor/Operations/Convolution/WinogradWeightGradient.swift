import CKernels
import CVCore

/// The gradient with respect to the filters of a 3×3 convolution of stride 1 by the transforms of Winograd's minimal
/// filtering (see `WinogradConvolution`):
///
///     dW = Gᵀ [ Σ over tiles  (A dY Aᵀ) ⊙ (Bᵀ d B) ] G
///
/// The sums over tiles are 36 matrix products. What is shared out depends on which of the two is larger. Many tiles: as in
/// `WeightGradient` the sums are made in a few parts, whose number follows from the shapes alone, and added in order. Few
/// tiles: all are transformed first, and a task makes some filters, whose sums of 36 never leave its core's cache.
struct WinogradWeightGradient {
    private let product: ConvolutionProduct
    private let tiles: WinogradTiles
    private let isa: InstructionSet
    /// Output channels filled up to whole vectors, and of a panel: a strip at most.
    private let width, panel: Int
    private let rowsPerBlock, blocks: Int
    private let blockParts: Int

    init?(_ product: ConvolutionProduct, _ isa: InstructionSet) {
        guard let tiles = WinogradTiles(product, isa) else { return nil }
        self.product = product
        self.tiles = tiles
        self.isa = isa
        let strip = cvk_panel_width(isa.cValue)
        width = (product.m + strip / 3 - 1) / (strip / 3) * (strip / 3)
        panel = min(strip, width)
        rowsPerBlock = max(1, min(tiles.rows, 96 / tiles.across))
        blocks = (tiles.rows + rowsPerBlock - 1) / rowsPerBlock
        let room = max(1, (6 << 20) / (36 * product.window.channels * width))
        blockParts = min(blocks, min(room, Self.enoughParts))
    }

    func run(_ dy: Tensor, _ x: Tensor) -> Tensor {
        Tensor(shape: [product.m, product.window.channels, 3, 3]) { dw in
            if blockParts < Self.enoughParts {
                runByFilters(dy.storage.pointer, x.storage.pointer, to: dw.baseAddress!)
            } else {
                runByTiles(dy.storage.pointer, x.storage.pointer, to: dw.baseAddress!)
            }
        }
    }

    /// Parts of the sums that keep some threads busy.
    private static let enoughParts = 8

    /// Floats of a filter's sums that stay in the cache of a core.
    private static let cachedSums = 110_000

    /// Floats of transformed input at a time.
    private static let transformedInput = 3 << 20

    // MARK: Many tiles

    private func runByTiles(
        _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>
    ) {
        let cin = product.window.channels
        let size = cin * 36 * width
        withScratch(blockParts * size) { sums in
            Parallel.forEach(blockParts) { part in
                add(
                    ConvolutionProduct.range(part, of: blockParts, count: blocks, multiple: 1), dy, x,
                    to: sums + part * size)
            }
            Parallel.forRanges(cin, grain: max(1, 2048 / width)) { channels in
                let own = sums + channels.lowerBound * 36 * width
                for part in 1..<blockParts {
                    cvk_add(isa.cValue, own, own + part * size, own, channels.count * 36 * width)
                }
                finish(own, channels, 0..<product.m, width: width, to: dw)
            }
        }
    }

    /// The sums over some blocks of rows of tiles.
    private func add(
        _ blocks: Range<Int>, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        to sums: UnsafeMutablePointer<Float>
    ) {
        let cin = product.window.channels
        let most = rowsPerBlock * tiles.across
        let pitch = most + 16
        let inputPosition = WinogradConvolution.positionStride(cin * pitch)
        let gradientPosition = WinogradConvolution.positionStride(most * panel)
        withScratch(36 * (inputPosition + gradientPosition) + tiles.scratch(rows: rowsPerBlock)) { input in
            let gradients = input + 36 * inputPosition
            for block in blocks {
                let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, tiles.rows)
                tiles.transform(
                    x, channels: 0..<cin, of: cin, rows, to: input, pitch: pitch, positions: inputPosition,
                    scratch: gradients + 36 * gradientPosition, isa)
                for column in stride(from: 0, to: width, by: panel) {
                    transform(dy, column: column, rows, to: gradients, positions: gradientPosition)
                    multiply(
                        channels: cin, columns: min(panel, width - column), tiles: rows.count * tiles.across, input,
                        pitch: pitch, inputPosition, gradients, gradientPosition, to: sums + column, width: width,
                        adding: block > blocks.lowerBound)
                }
            }
        }
    }

    // MARK: Few tiles

    private func runByFilters(
        _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>
    ) {
        let cin = product.window.channels
        let panels = (width + panel - 1) / panel
        let gradientPosition = WinogradConvolution.positionStride(tiles.count * panel)
        // A task makes the filters of two panels, for as many input channels as its cache has room for.
        let own = min(2, panels) * panel
        let chunk = max(8, min(cin, Self.cachedSums / (36 * own) / 8 * 8))
        let pitch = tiles.count + 16
        let most = max(chunk, Self.transformedInput / (36 * pitch) / chunk * chunk)
        let inputPosition = WinogradConvolution.positionStride(min(most, cin) * pitch)
        withScratch(36 * (inputPosition + panels * gradientPosition)) { input in
            let gradients = input + 36 * inputPosition
            Parallel.forEach(panels) { index in
                transform(
                    dy, column: index * panel, 0..<tiles.rows, to: gradients + 36 * index * gradientPosition,
                    positions: gradientPosition)
            }
            for first in stride(from: 0, to: cin, by: most) {
                let group = first..<min(first + most, cin)
                Parallel.forRanges(group.count, grain: max(1, 256 / tiles.count)) { channels in
                    withScratch(tiles.scratch(rows: tiles.rows)) { scratch in
                        tiles.transform(
                            x, channels: first + channels.lowerBound..<first + channels.upperBound, of: cin,
                            0..<tiles.rows, to: input + channels.lowerBound * pitch, pitch: pitch,
                            positions: inputPosition, scratch: scratch, isa)
                    }
                }
                let chunks = (group.count + chunk - 1) / chunk
                Parallel.forEach(chunks * ((width + own - 1) / own)) { task in
                    let start = first + task % chunks * chunk
                    let column = task / chunks * own
                    filters(
                        start..<min(start + chunk, group.upperBound), column..<min(column + own, width), width: own,
                        input + (start - first) * pitch, pitch: pitch, inputPosition,
                        gradients + 36 * (column / panel) * gradientPosition, gradientPosition, to: dw)
                }
            }
        }
    }

    /// The filters between some input and some output channels, from the transformed tiles of both.
    private func filters(
        _ channels: Range<Int>, _ columns: Range<Int>, width: Int, _ input: UnsafePointer<Float>, pitch: Int,
        _ inputPosition: Int, _ gradients: UnsafePointer<Float>, _ gradientPosition: Int,
        to dw: UnsafeMutablePointer<Float>
    ) {
        withScratch(channels.count * 36 * width) { sums in
            for column in stride(from: 0, to: columns.count, by: panel) {
                multiply(
                    channels: channels.count, columns: min(panel, columns.count - column), tiles: tiles.count, input,
                    pitch: pitch, inputPosition, gradients + 36 * (column / panel) * gradientPosition, gradientPosition,
                    to: sums + column, width: width, adding: false)
            }
            finish(sums, channels, columns.lowerBound..<min(columns.upperBound, product.m), width: width, to: dw)
        }
    }

    // MARK: Both

    /// sums[channel][ξ][column] from the transformed input [ξ][channel][tile] and a panel of gradients [ξ][tile][column].
    private func multiply(
        channels: Int, columns: Int, tiles count: Int, _ input: UnsafePointer<Float>, pitch: Int, _ inputPosition: Int,
        _ gradients: UnsafePointer<Float>, _ gradientPosition: Int, to sums: UnsafeMutablePointer<Float>, width: Int,
        adding: Bool
    ) {
        let inputOffsets = (0..<channels).map { $0 * pitch }
        let panelOffsets = (0..<count).map { $0 * panel }
        for position in 0..<36 {
            cvk_gemm_panel(
                isa.cValue, channels, columns, count, input + position * inputPosition, inputOffsets,
                gradients + position * gradientPosition, panelOffsets, sums + position * width, 36 * width, adding)
        }
    }

    /// A dY Aᵀ for a panel of output channels: [36][tiles][panel].
    private func transform(
        _ dy: UnsafePointer<Float>, column: Int, _ rows: Range<Int>, to gradients: UnsafeMutablePointer<Float>,
        positions: Int
    ) {
        let (height, width) = (product.window.output_height, product.window.output_width)
        let pitch = 4 * tiles.across
        withScratch(4 * pitch * panel) { packed in
            for (index, row) in rows.enumerated() {
                let (image, down) = row.quotientAndRemainder(dividingBy: tiles.down)
                let lines = min(4, height - 4 * down)
                let planes = dy + (image * product.m + column) * product.n + 4 * down * width
                cvk_pack_transposed(
                    isa.cValue, planes, product.n, min(panel, product.m - column), lines, width, pitch, panel, packed)
                (packed + lines * pitch * panel).update(repeating: 0, count: (4 - lines) * pitch * panel)
                cvk_winograd_gradient(
                    isa.cValue, packed, tiles.across, panel, gradients + index * tiles.across * panel, positions)
            }
        }
    }

    /// Transforms the sums of some input channels back: the filters of some output channels.
    private func finish(
        _ sums: UnsafePointer<Float>, _ channels: Range<Int>, _ outputs: Range<Int>, width: Int,
        to dw: UnsafeMutablePointer<Float>
    ) {
        let cin = product.window.channels
        withScratch(channels.count * 9 * width) { taps in
            for channel in 0..<channels.count {
                cvk_winograd_filter_gradient(
                    isa.cValue, sums + channel * 36 * width, width, width, taps + channel * 9 * width, width)
            }
            // [channels · 9][outputs] to the neighbours that they are in each filter.
            cvk_transpose(
                isa.cValue, taps, width, channels.count * 9, outputs.count,
                dw + (outputs.lowerBound * cin + channels.lowerBound) * 9, cin * 9)
        }
    }
}
