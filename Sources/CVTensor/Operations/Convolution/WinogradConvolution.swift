import CKernels
import CVCore

/// A 3×3 convolution of stride 1 by Winograd's minimal filtering F(4×4, 3×3) (Lavin & Gray 2015, arXiv:1509.09308):
/// a quarter of the multiplications. Its results differ from the direct ones by some 1e-6 of the largest, over hundreds of
/// channels by 1e-5.
///
/// The input of some rows of tiles, one below the other through all pictures, is transformed, multiplied with the
/// transformed filters, a matrix product for each of the 36 places of a tile, and the sums are transformed back. What
/// is shared out depends on which of the two is larger. Many tiles: all filters are transformed first, and a task takes
/// some rows of tiles. Few tiles with many channels: all tiles are transformed first, and a task takes some filters,
/// which it transforms itself, so that four times the memory of the weights is never needed.
struct WinogradConvolution {
    private let product: ConvolutionProduct
    private let tiles: WinogradTiles
    private let filters: WinogradFilters
    private let isa: InstructionSet

    /// Nil where it does not apply, or where it would not pay: the transforms take their time, too.
    ///
    /// opposing: the weights will be those of the opposite convolution; see `WinogradFilters`.
    init?(_ product: ConvolutionProduct, _ isa: InstructionSet, opposing: Bool = false) {
        guard let tiles = WinogradTiles(product, isa) else { return nil }
        self.product = product
        self.tiles = tiles
        self.isa = isa
        filters = WinogradFilters(cout: product.m, cin: product.window.channels, isOpposing: opposing, isa: isa)
    }

    func run(_ operands: ConvolutionProduct.Operands) {
        let areFew = 36 * filters.cin * pitch(tiles.count) <= Self.cachedTiles
        if areFew { runByFilters(operands) } else { runByTiles(operands) }
    }

    /// Floats of transformed tiles that still stay in a cache that all threads share.
    private static let cachedTiles = 3 << 20

    /// Floats of transformed filters that stay in the cache of a core.
    private static let cachedFilters = 300_000

    /// Output channels whose sums are made at a time.
    private static let channelsAtATime = 32

    /// From one place of a tile to the next, for `count` floats of each: 64 bytes more than some times 4 KB, so that the
    /// 36 places of a tile do not compete for one set of the cache.
    static func positionStride(_ count: Int) -> Int { (count + 1023) / 1024 * 1024 + 16 }

    /// From one channel to the next, for so many tiles: whole vectors, and not a power of two.
    private func pitch(_ count: Int) -> Int { (count + 15) / 16 * 16 + 16 }

    private func runByTiles(_ operands: ConvolutionProduct.Operands) {
        let (cout, cin) = (filters.cout, filters.cin)
        let transformed = filters.transformed(operands.weight)
        let rowsPerTask = tiles.rowsPerTask(atMost: tiles.rows / max(2 * Parallel.threadCount, 1))
        let tasks = (tiles.rows + rowsPerTask - 1) / rowsPerTask
        Parallel.forEach(tasks) { task in
            let rows = task * rowsPerTask..<min((task + 1) * rowsPerTask, tiles.rows)
            let positions = Self.positionStride(cin * pitch(rows.count * tiles.across))
            withScratch(36 * positions + tiles.scratch(rows: rows.count)) { input in
                transform(operands, 0..<cin, rows, to: input, positions: positions, scratch: input + 36 * positions)
                for first in stride(from: 0, to: cout, by: Self.channelsAtATime) {
                    let channels = first..<min(first + Self.channelsAtATime, cout)
                    multiply(
                        operands, transformed.storage.pointer + first * cin, positions: cout * cin, input, positions,
                        channels,
                        rows)
                }
            }
        }
    }

    private func runByFilters(_ operands: ConvolutionProduct.Operands) {
        let (cout, cin) = (filters.cout, filters.cin)
        let positions = Self.positionStride(cin * pitch(tiles.count))
        let chunk = max(8, min(64, Self.cachedFilters / (36 * cin) / 8 * 8))
        let filterPositions = Self.positionStride(chunk * cin)
        withScratch(36 * positions) { input in
            Parallel.forRanges(cin, grain: max(1, 256 / tiles.count)) { channels in
                withScratch(tiles.scratch(rows: tiles.rows)) { scratch in
                    transform(operands, channels, 0..<tiles.rows, to: input, positions: positions, scratch: scratch)
                }
            }
            Parallel.forEach((cout + chunk - 1) / chunk) { task in
                let channels = task * chunk..<min((task + 1) * chunk, cout)
                withScratch(36 * filterPositions) { u in
                    filters.transform(operands.weight, channels, to: u, positions: filterPositions)
                    multiply(operands, u, positions: filterPositions, input, positions, channels, 0..<tiles.rows)
                }
            }
        }
    }

    /// Some channels of the transformed input; `input` begins with channel 0.
    private func transform(
        _ operands: ConvolutionProduct.Operands, _ channels: Range<Int>, _ rows: Range<Int>,
        to input: UnsafeMutablePointer<Float>, positions: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        let pitch = pitch(rows.count * tiles.across)
        tiles.transform(
            operands.x, channels: channels, of: filters.cin, rows, to: input + channels.lowerBound * pitch,
            pitch: pitch, positions: positions, scratch: scratch, isa)
    }

    /// Some output channels of some rows of tiles, from their transformed filters and the transformed input.
    private func multiply(
        _ operands: ConvolutionProduct.Operands, _ u: UnsafePointer<Float>, positions filterPositions: Int,
        _ v: UnsafePointer<Float>, _ inputPositions: Int, _ channels: Range<Int>, _ rows: Range<Int>
    ) {
        let cin = filters.cin
        let count = rows.count * tiles.across
        let pitch = pitch(count)
        let positions = Self.positionStride(channels.count * pitch)
        let filterOffsets = (0..<channels.count).map { $0 * cin }
        let inputOffsets = (0..<cin).map { $0 * pitch }
        withScratch(36 * positions + 16 * pitch) { sums in
            let tile = sums + 36 * positions
            for position in 0..<36 {
                isa.forStrips(count) { strip in
                    cvk_gemm_panel(
                        isa.cValue, channels.count, strip.count, cin, u + position * filterPositions, filterOffsets,
                        v + position * inputPositions + strip.lowerBound, inputOffsets,
                        sums + position * positions + strip.lowerBound, pitch, false)
                }
            }
            for (line, channel) in channels.enumerated() {
                if areWhole {
                    finish(operands, channel, rows) { row, _, y in
                        cvk_winograd_output(
                            isa.cValue, sums + line * pitch + row * tiles.across, positions, tiles.across, y,
                            4 * tiles.across)
                    }
                } else {
                    cvk_winograd_output(isa.cValue, sums + line * pitch, positions, count, tile, 4 * pitch)
                    finish(operands, channel, rows) { row, lines, y in
                        cvk_copy_rows(
                            tile + 4 * row * tiles.across, 4 * pitch, product.window.output_width, lines, y)
                    }
                }
            }
        }
    }

    /// Whether rows of tiles are rows of the result, in whole vectors: then they can be written there.
    private var areWhole: Bool {
        let (height, width) = (product.window.output_height, product.window.output_width)
        return height % 4 == 0 && width == 4 * tiles.across && tiles.across % (cvk_panel_width(isa.cValue) / 3) == 0
    }

    /// Has `write` put each row of tiles of a channel in its place (the number of the row, its lines of pixels, and where
    /// they belong), adds the bias and finishes them.
    private func finish(
        _ operands: ConvolutionProduct.Operands, _ channel: Int, _ rows: Range<Int>,
        _ write: (_ row: Int, _ lines: Int, _ y: UnsafeMutablePointer<Float>) -> Void
    ) {
        let (height, width) = (product.window.output_height, product.window.output_width)
        for (index, row) in rows.enumerated() {
            let (image, down) = row.quotientAndRemainder(dividingBy: tiles.down)
            let lines = min(4, height - 4 * down)
            let y = operands.y + (image * product.m + channel) * product.n + 4 * down * width
            write(index, lines, y)
            if let bias = operands.bias { cvk_scale_shift(isa.cValue, 1, bias[channel], y, y, lines * width) }
            operands.epilogue?.apply(channel: channel, y, count: lines * width)
        }
    }
}
