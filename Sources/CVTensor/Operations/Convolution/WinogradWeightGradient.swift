import CKernels
import CVCore

/// Backward-weights of a 3×3 convolution of stride 1 by the transforms of Winograd's minimal filtering (see
/// `WinogradConvolution`):
///
///     dW = Gᵀ [ Σ over tiles  (A dY Aᵀ) ⊙ (Bᵀ d B) ] G
///
/// The sums over tiles are 36 matrix products. How the work is divided depends on which of the two is larger. Many
/// tiles: as in `DirectWeightGradient` there are a few partial sums, whose number follows from the shapes alone, added
/// in order. Few tiles: all are transformed first, and a task computes some filters, whose 36 sums never leave its
/// core's cache.
struct WinogradWeightGradient: ConvWeightGradient {
    private let problem: ConvProblem
    private let tiles: WinogradTiles
    private let isa: InstructionSet
    private let tuning: ConvTuning.WinogradWeights
    /// Output channels rounded up to whole vectors, and those of a panel.
    private let width, panel: Int
    private let rowsPerBlock, blocks: Int
    private let blockParts: Int

    var kind: ConvAlgorithmKind { .winograd }

    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        guard let tiles = WinogradTiles(problem, tuning.winograd) else { return nil }
        (self.problem, self.tiles, self.isa, self.tuning) = (problem, tiles, isa, tuning.winogradWeights)
        let panel = cvk_panel_width(isa.cValue)
        width = (problem.m + panel / 3 - 1) / (panel / 3) * (panel / 3)
        self.panel = min(panel, width)
        rowsPerBlock = max(1, min(tiles.rows, self.tuning.tilesPerBlock / tiles.across))
        blocks = (tiles.rows + rowsPerBlock - 1) / rowsPerBlock
        let room = max(1, self.tuning.partialSums / (36 * problem.cin * width))
        blockParts = min(blocks, min(room, self.tuning.parts))
    }

    func run(dy: UnsafePointer<Float>, x: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>) {
        if blockParts < tuning.parts { runByFilters(dy, x, to: dw) } else { runByTiles(dy, x, to: dw) }
    }

    // MARK: Many tiles

    private func runByTiles(
        _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>
    ) {
        let cin = problem.cin
        let size = cin * 36 * width
        withScratch(blockParts * size) { sums in
            Parallel.forEach(blockParts) { part in
                add(
                    Range.part(part, of: blockParts, count: blocks, multiple: 1), dy, x,
                    to: sums + part * size)
            }
            Parallel.forRanges(cin, grain: max(1, 2048 / width)) { channels in
                let own = sums + channels.lowerBound * 36 * width
                for part in 1..<blockParts {
                    cvk_add(isa.cValue, own, own + part * size, own, channels.count * 36 * width)
                }
                finish(own, channels, 0..<problem.m, width: width, to: dw)
            }
        }
    }

    /// The sums over some blocks of rows of tiles.
    private func add(
        _ blocks: Range<Int>, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
        to sums: UnsafeMutablePointer<Float>
    ) {
        let cin = problem.cin
        let most = rowsPerBlock * tiles.across
        let pitch = most + 16
        let inputStride = WinogradConvolution.elementStride(cin * pitch)
        let gradientStride = WinogradConvolution.elementStride(most * panel)
        withScratch(36 * (inputStride + gradientStride) + tiles.scratch(rows: rowsPerBlock)) { input in
            let gradients = input + 36 * inputStride
            for block in blocks {
                let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, tiles.rows)
                tiles.transform(
                    x, channels: 0..<cin, of: cin, rows, to: input, pitch: pitch, stride: inputStride,
                    scratch: gradients + 36 * gradientStride, isa)
                for column in stride(from: 0, to: width, by: panel) {
                    transform(dy, column: column, rows, to: gradients, stride: gradientStride)
                    multiply(
                        channels: cin, columns: min(panel, width - column), tiles: rows.count * tiles.across, input,
                        pitch: pitch, inputStride, gradients, gradientStride, to: sums + column, width: width,
                        adding: block > blocks.lowerBound)
                }
            }
        }
    }

    // MARK: Few tiles

    private func runByFilters(
        _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, to dw: UnsafeMutablePointer<Float>
    ) {
        let cin = problem.cin
        let panels = (width + panel - 1) / panel
        let gradientStride = WinogradConvolution.elementStride(tiles.count * panel)
        // A task computes the filters of two panels, for as many input channels as fit in its cache.
        let own = min(2, panels) * panel
        let chunk = max(8, min(cin, tuning.cachedSums / (36 * own) / 8 * 8))
        let pitch = tiles.count + 16
        let most = max(chunk, tuning.transformedInput / (36 * pitch) / chunk * chunk)
        let inputStride = WinogradConvolution.elementStride(min(most, cin) * pitch)
        withScratch(36 * (inputStride + panels * gradientStride)) { input in
            let gradients = input + 36 * inputStride
            Parallel.forEach(panels) { index in
                transform(
                    dy, column: index * panel, 0..<tiles.rows, to: gradients + 36 * index * gradientStride,
                    stride: gradientStride)
            }
            for first in stride(from: 0, to: cin, by: most) {
                let group = first..<min(first + most, cin)
                Parallel.forRanges(group.count, grain: max(1, 256 / tiles.count)) { channels in
                    withScratch(tiles.scratch(rows: tiles.rows)) { scratch in
                        tiles.transform(
                            x, channels: first + channels.lowerBound..<first + channels.upperBound, of: cin,
                            0..<tiles.rows, to: input + channels.lowerBound * pitch, pitch: pitch,
                            stride: inputStride, scratch: scratch, isa)
                    }
                }
                let chunks = (group.count + chunk - 1) / chunk
                Parallel.forEach(chunks * ((width + own - 1) / own)) { task in
                    let start = first + task % chunks * chunk
                    let column = task / chunks * own
                    filters(
                        start..<min(start + chunk, group.upperBound), column..<min(column + own, width), width: own,
                        input + (start - first) * pitch, pitch: pitch, inputStride,
                        gradients + 36 * (column / panel) * gradientStride, gradientStride, to: dw)
                }
            }
        }
    }

    /// The filters between some input and some output channels, from the transformed tiles of both.
    private func filters(
        _ channels: Range<Int>, _ columns: Range<Int>, width: Int, _ input: UnsafePointer<Float>, pitch: Int,
        _ inputStride: Int, _ gradients: UnsafePointer<Float>, _ gradientStride: Int,
        to dw: UnsafeMutablePointer<Float>
    ) {
        withScratch(channels.count * 36 * width) { sums in
            for column in stride(from: 0, to: columns.count, by: panel) {
                multiply(
                    channels: channels.count, columns: min(panel, columns.count - column), tiles: tiles.count, input,
                    pitch: pitch, inputStride, gradients + 36 * (column / panel) * gradientStride, gradientStride,
                    to: sums + column, width: width, adding: false)
            }
            finish(sums, channels, columns.lowerBound..<min(columns.upperBound, problem.m), width: width, to: dw)
        }
    }

    // MARK: Both

    /// sums[channel][ξ][column] from the transformed input [ξ][channel][tile] and a panel of gradients
    /// [ξ][tile][column].
    private func multiply(
        channels: Int, columns: Int, tiles count: Int, _ input: UnsafePointer<Float>, pitch: Int, _ inputStride: Int,
        _ gradients: UnsafePointer<Float>, _ gradientStride: Int, to sums: UnsafeMutablePointer<Float>, width: Int,
        adding: Bool
    ) {
        let inputOffsets = (0..<channels).map { $0 * pitch }
        let panelOffsets = (0..<count).map { $0 * panel }
        for element in 0..<36 {
            cvk_gemm_panel(
                isa.cValue, channels, columns, count, input + element * inputStride, inputOffsets,
                gradients + element * gradientStride, panelOffsets, sums + element * width, 36 * width, adding)
        }
    }

    /// A dY Aᵀ for a panel of output channels: [36][tiles][panel].
    private func transform(
        _ dy: UnsafePointer<Float>, column: Int, _ rows: Range<Int>, to gradients: UnsafeMutablePointer<Float>,
        stride: Int
    ) {
        let (height, width) = (problem.outputHeight, problem.outputWidth)
        let pitch = 4 * tiles.across
        withScratch(4 * pitch * panel) { packed in
            for (index, row) in rows.enumerated() {
                let (image, down) = row.quotientAndRemainder(dividingBy: tiles.down)
                let lines = min(4, height - 4 * down)
                let planes = dy + (image * problem.m + column) * problem.n + 4 * down * width
                cvk_pack_transposed(
                    isa.cValue, planes, problem.n, min(panel, problem.m - column), lines, width, pitch, panel, packed)
                (packed + lines * pitch * panel).update(repeating: 0, count: (4 - lines) * pitch * panel)
                cvk_winograd_gradient(
                    isa.cValue, packed, tiles.across, panel, gradients + index * tiles.across * panel, stride)
            }
        }
    }

    /// Transforms the sums of some input channels back: the filters of some output channels.
    private func finish(
        _ sums: UnsafePointer<Float>, _ channels: Range<Int>, _ outputs: Range<Int>, width: Int,
        to dw: UnsafeMutablePointer<Float>
    ) {
        let cin = problem.cin
        withScratch(channels.count * 9 * width) { taps in
            for channel in 0..<channels.count {
                cvk_winograd_filter_gradient(
                    isa.cValue, sums + channel * 36 * width, width, width, taps + channel * 9 * width, width)
            }
            // [channels · 9][outputs] to neighbors, as they are in each filter.
            cvk_transpose(
                isa.cValue, taps, width, channels.count * 9, outputs.count,
                dw + (outputs.lowerBound * cin + channels.lowerBound) * 9, cin * 9)
        }
    }
}
