import CKernels
import CVCore

/// A 3×3 convolution of stride 1 by Winograd's minimal filtering F(4×4, 3×3) (Lavin & Gray 2015, arXiv:1509.09308):
/// a quarter of the multiplications. Its results differ from the direct ones by some 1e-6 of the largest, over hundreds
/// of channels by 1e-5.
///
/// The input of some rows of tiles, over all images, is transformed and multiplied by the transformed filters, one
/// matrix product for each of the 36 elements of a tile; the products are transformed back. How the work is divided
/// depends on which of the two is larger. Many tiles: the packed weights are all transformed filters, and a task
/// computes some rows of tiles. Few tiles with many channels: all tiles are transformed first, and a task computes some
/// filters, which it transforms itself, so that four times the memory of the weights is never needed: the packed
/// weights are the unchanged weight.
struct WinogradConvolution: ConvAlgorithm {
    private let problem: ConvProblem
    private let tiles: WinogradTiles
    private let filters: WinogradFilters
    private let isa: InstructionSet
    private let tuning: ConvTuning.Winograd

    var kind: ConvAlgorithmKind { .winograd }

    init?(_ problem: ConvProblem, _ isa: InstructionSet, _ tuning: ConvTuning) {
        guard let tiles = WinogradTiles(problem, tuning.winograd) else { return nil }
        (self.problem, self.tiles, self.isa, self.tuning) = (problem, tiles, isa, tuning.winograd)
        filters = WinogradFilters(cout: problem.cout, cin: problem.cin, isa: isa)
    }

    func pack(_ weight: Tensor) -> PackedWeights { pack(weight, flipped: false) }

    /// - Parameters:
    ///   - weight: [Cout, Cin, 3, 3].
    ///   - flipped: whether it is [Cin, Cout, 3, 3] instead, whose flipped filters are to be used.
    func pack(_ weight: Tensor, flipped: Bool) -> PackedWeights {
        sharesFilters
            ? PackedWeights(values: weight, isFlipped: flipped)
            : PackedWeights(values: filters.transformed(weight, flipped: flipped))
    }

    func run(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        if sharesFilters {
            runByFilters(operands, weights, epilogue)
        } else {
            runByTiles(operands, weights, epilogue)
        }
    }

    /// Whether the tiles are few, so that the filters are divided among the tasks.
    private var sharesFilters: Bool { 36 * filters.cin * pitch(tiles.count) <= tuning.sharedCache }

    /// From one of the 36 elements of a tile to the next, for `count` floats of each: 64 bytes more than some times 4
    /// KB, so that they do not compete for one set of the cache.
    static func elementStride(_ count: Int) -> Int { (count + 1023) / 1024 * 1024 + 16 }

    /// From one channel to the next, for so many tiles: whole vectors, and not a power of two.
    private func pitch(_ count: Int) -> Int { (count + 15) / 16 * 16 + 16 }

    private func runByTiles(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        let (cout, cin) = (filters.cout, filters.cin)
        let rowsPerTask = tiles.rowsPerTask(atMost: tiles.rows / max(2 * Parallel.threadCount, 1))
        let tasks = (tiles.rows + rowsPerTask - 1) / rowsPerTask
        Parallel.forEach(tasks) { task in
            let rows = task * rowsPerTask..<min((task + 1) * rowsPerTask, tiles.rows)
            let inputStride = Self.elementStride(cin * pitch(rows.count * tiles.across))
            withScratch(36 * inputStride + tiles.scratch(rows: rows.count)) { input in
                transform(operands, 0..<cin, rows, to: input, stride: inputStride, scratch: input + 36 * inputStride)
                for first in stride(from: 0, to: cout, by: tuning.outputsAtATime) {
                    let channels = first..<min(first + tuning.outputsAtATime, cout)
                    multiply(
                        operands, weights.pointer + first * cin, filterStride: cout * cin, input,
                        inputStride: inputStride, channels, rows, epilogue)
                }
            }
        }
    }

    private func runByFilters(_ operands: ConvOperands, _ weights: PackedWeights, _ epilogue: Epilogue) {
        let (cout, cin) = (filters.cout, filters.cin)
        let inputStride = Self.elementStride(cin * pitch(tiles.count))
        let chunk = max(8, min(tuning.filtersPerTask, tuning.cachedFilters / (36 * cin) / 8 * 8))
        let filterStride = Self.elementStride(chunk * cin)
        withScratch(36 * inputStride) { input in
            Parallel.forRanges(cin, grain: max(1, 256 / tiles.count)) { channels in
                withScratch(tiles.scratch(rows: tiles.rows)) { scratch in
                    transform(operands, channels, 0..<tiles.rows, to: input, stride: inputStride, scratch: scratch)
                }
            }
            Parallel.forEach((cout + chunk - 1) / chunk) { task in
                let channels = task * chunk..<min((task + 1) * chunk, cout)
                withScratch(36 * filterStride) { u in
                    filters.transform(
                        weights.pointer, flipped: weights.isFlipped, channels, to: u, stride: filterStride)
                    multiply(
                        operands, u, filterStride: filterStride, input, inputStride: inputStride, channels,
                        0..<tiles.rows, epilogue)
                }
            }
        }
    }

    /// Some channels of the transformed input; `input` begins with channel 0.
    private func transform(
        _ operands: ConvOperands, _ channels: Range<Int>, _ rows: Range<Int>, to input: UnsafeMutablePointer<Float>,
        stride: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        let pitch = pitch(rows.count * tiles.across)
        tiles.transform(
            operands.x, channels: channels, of: filters.cin, rows, to: input + channels.lowerBound * pitch,
            pitch: pitch, stride: stride, scratch: scratch, isa)
    }

    /// Some output channels of some rows of tiles, from their transformed filters and the transformed input.
    private func multiply(
        _ operands: ConvOperands, _ u: UnsafePointer<Float>, filterStride: Int, _ v: UnsafePointer<Float>,
        inputStride: Int, _ channels: Range<Int>, _ rows: Range<Int>, _ epilogue: Epilogue
    ) {
        let cin = filters.cin
        let count = rows.count * tiles.across
        let pitch = pitch(count)
        let sumStride = Self.elementStride(channels.count * pitch)
        let filterOffsets = (0..<channels.count).map { $0 * cin }
        let inputOffsets = (0..<cin).map { $0 * pitch }
        withScratch(36 * sumStride + 16 * pitch) { sums in
            for element in 0..<36 {
                isa.forPanels(count) { panel in
                    cvk_gemm_panel(
                        isa.cValue, channels.count, panel.count, cin, u + element * filterStride, filterOffsets,
                        v + element * inputStride + panel.lowerBound, inputOffsets,
                        sums + element * sumStride + panel.lowerBound, pitch, false)
                }
            }
            for (line, channel) in channels.enumerated() {
                store(
                    sums + line * pitch, stride: sumStride, channel, rows, operands, epilogue,
                    tile: sums + 36 * sumStride, pitch: pitch)
            }
        }
    }

    /// Transforms the sums of a channel back, and applies the epilogue. `tile` is scratch for 4 rows of 4 · pitch
    /// pixels.
    private func store(
        _ sums: UnsafePointer<Float>, stride: Int, _ channel: Int, _ rows: Range<Int>, _ operands: ConvOperands,
        _ epilogue: Epilogue, tile: UnsafeMutablePointer<Float>, pitch: Int
    ) {
        let (height, width) = (problem.outputHeight, problem.outputWidth)
        let isWhole = tilesAreWhole
        if !isWhole {
            cvk_winograd_output(isa.cValue, sums, stride, rows.count * tiles.across, tile, 4 * pitch)
        }
        for (index, row) in rows.enumerated() {
            let (image, down) = row.quotientAndRemainder(dividingBy: tiles.down)
            let lines = min(4, height - 4 * down)
            let start = (image * problem.cout + channel) * problem.n + 4 * down * width
            if isWhole {
                cvk_winograd_output(
                    isa.cValue, sums + index * tiles.across, stride, tiles.across, operands.y + start,
                    4 * tiles.across)
            } else {
                cvk_copy_rows(tile + 4 * index * tiles.across, 4 * pitch, width, lines, operands.y + start)
            }
            epilogue.apply(operands, channel: channel, at: start, count: lines * width, isa)
        }
    }

    /// Whether rows of tiles are rows of the result, in whole vectors: then they can be written there.
    private var tilesAreWhole: Bool {
        problem.outputHeight % 4 == 0 && problem.outputWidth == 4 * tiles.across
            && tiles.across % (cvk_panel_width(isa.cValue) / 3) == 0
    }
}
