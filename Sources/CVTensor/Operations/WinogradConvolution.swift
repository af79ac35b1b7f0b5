import CKernels
import CVCore

/// A 3×3 convolution of stride 1 by Winograd's minimal filtering F(4×4, 3×3) (Lavin & Gray 2015, arXiv:1509.09308):
/// a quarter of the multiplications. Its results differ from the direct ones by some 1e-6 of the largest.
///
/// A task takes some rows of tiles, one below the other through all pictures, transforms their input, multiplies it with
/// the transformed filters, a matrix product for each of the 36 places of a tile, and transforms the sums back.
struct WinogradConvolution {
    private let product: ConvolutionProduct
    private let tiles: WinogradTiles
    private let set: InstructionSet
    /// Rows of tiles of a task, and the number of tasks.
    private let rowsPerTask, tasks: Int

    /// Nil where it does not apply, or where it would not pay: the transforms take their time, too.
    init?(_ product: ConvolutionProduct, _ set: InstructionSet) {
        guard let tiles = WinogradTiles(product, set) else { return nil }
        self.product = product
        self.tiles = tiles
        self.set = set
        rowsPerTask = tiles.rowsPerTask(atMost: tiles.rows / max(2 * Parallel.threadCount, 1))
        tasks = (tiles.rows + rowsPerTask - 1) / rowsPerTask
    }

    func run(_ operands: ConvolutionProduct.Operands) {
        let filters = transformedFilters(operands.weight)
        Parallel.forEach(tasks) { task in
            let rows = task * rowsPerTask..<min((task + 1) * rowsPerTask, tiles.rows)
            multiply(operands, filters.storage.pointer, rows)
        }
    }

    /// [36, Cout, Cin].
    private func transformedFilters(_ weight: UnsafePointer<Float>) -> Tensor {
        let (cout, cin) = (product.m, product.window.channels)
        return Tensor(shape: [36, cout, cin]) { filters in
            Parallel.forRanges(cout, grain: max(1, 4096 / cin)) { rows in
                withScratch(9 * cin) { taps in
                    for row in rows {
                        cvk_transpose(set.kernel, weight + row * cin * 9, 9, cin, 9, taps, cin)
                        cvk_winograd_filter(
                            set.kernel, taps, cin, cin, filters.baseAddress! + row * cin, cout * cin)
                    }
                }
            }
        }
    }

    /// From one place of a tile to the next, for `count` floats of each: 64 bytes more than some times 4 KB, so that the
    /// 36 places of a tile do not compete for one set of the cache.
    static func placeStride(_ count: Int) -> Int { (count + 1023) / 1024 * 1024 + 16 }

    /// Output channels whose sums are made at a time.
    private static let channelsAtATime = 32

    private func multiply(
        _ operands: ConvolutionProduct.Operands, _ filters: UnsafePointer<Float>, _ rows: Range<Int>
    ) {
        let (cout, cin) = (product.m, product.window.channels)
        let width = cvk_strip_width(set.kernel)
        let count = rows.count * tiles.across
        let pitch = (count + width - 1) / width * width + 16
        let chunk = Self.channelsAtATime
        let (inputPlace, sumPlace) = (Self.placeStride(cin * pitch), Self.placeStride(chunk * pitch))
        let (inputSize, sumSize) = (36 * inputPlace, 36 * sumPlace)
        let filterOffsets = (0..<chunk).map { $0 * cin }
        let inputOffsets = (0..<cin).map { $0 * pitch }
        withScratch(inputSize + sumSize + 16 * pitch + tiles.scratch(rows: rows.count)) { scratch in
            let (sums, tile) = (scratch + inputSize, scratch + inputSize + sumSize)
            tiles.transform(
                operands.x, channels: 0..<cin, of: cin, rows, to: scratch, pitch: pitch, places: inputPlace,
                scratch: tile + 16 * pitch, set)
            for first in stride(from: 0, to: cout, by: chunk) {
                let channels = min(chunk, cout - first)
                for place in 0..<36 {
                    let (u, v) = (filters + (place * cout + first) * cin, scratch + place * inputPlace)
                    let to = sums + place * sumPlace
                    for column in stride(from: 0, to: count, by: width) {
                        cvk_strip_product(
                            set.kernel, channels, min(width, count - column), cin, u, filterOffsets, v + column,
                            inputOffsets, to + column, pitch, false)
                    }
                }
                for channel in 0..<channels {
                    cvk_winograd_output(set.kernel, sums + channel * pitch, sumPlace, count, tile, 4 * pitch)
                    store(operands, tile, pitch: 4 * pitch, channel: first + channel, rows)
                }
            }
        }
    }

    /// Puts the tiles of a channel in their places, adds the bias and finishes them.
    private func store(
        _ operands: ConvolutionProduct.Operands, _ tile: UnsafePointer<Float>, pitch: Int, channel: Int,
        _ rows: Range<Int>
    ) {
        let (height, width) = (product.window.output_height, product.window.output_width)
        for (index, row) in rows.enumerated() {
            let (picture, down) = row.quotientAndRemainder(dividingBy: tiles.down)
            let lines = min(4, height - 4 * down)
            let to = operands.y + (picture * product.m + channel) * product.n + 4 * down * width
            for line in 0..<lines {
                cvk_copy_rows(
                    tile + line * pitch + 4 * index * tiles.across, width, width, 1, to + line * width)
            }
            if let bias = operands.bias { cvk_scale_shift(set.kernel, 1, bias[channel], to, to, lines * width) }
            operands.epilogue?.apply(channel: channel, to, count: lines * width)
        }
    }
}

/// The tiles of 4×4 outputs of a batch: rows of tiles, numbered through all pictures.
struct WinogradTiles {
    private let window: cvk_window
    /// Of one picture.
    let across, down: Int
    /// Of all pictures.
    let rows: Int

    /// Nil where the transforms do not apply or would take longer than they save: for few channels, or for large
    /// filters on so few tiles that reading the filters (four times as many numbers as they have taps) is most of it.
    init?(_ product: ConvolutionProduct, _ set: InstructionSet) {
        let window = product.window
        guard window.kernel_height == 3, window.kernel_width == 3, window.stride_x == 1, window.stride_y == 1,
            window.dilation_x == 1, window.dilation_y == 1, product.groups == 1, set != .scalar,
            product.m >= Self.fewestChannels, window.channels >= Self.fewestChannels
        else { return nil }
        self.window = window
        across = (window.output_width + 3) / 4
        down = (window.output_height + 3) / 4
        rows = product.batch * down
        guard rows * across >= Self.fewestTiles else { return nil }
    }

    private static let fewestChannels = 48
    private static let fewestTiles = 48

    /// Rows of tiles to take together so that the vectors of a strip are well filled.
    func rowsPerTask(atMost limit: Int) -> Int {
        let most = max(1, min(limit, 144 / across))
        let waste = { (rows: Int) in Double((rows * across + 15) / 16 * 16) / Double(rows * across) }
        return (1...most).min { waste($0) * (1 + 1 / Double($0)) < waste($1) * (1 + 1 / Double($1)) } ?? 1
    }

    /// Floats that the transform of some rows takes beside its result.
    func scratch(rows: Int) -> Int { 16 * ((rows + 1) * (across + 1) + 32) + 4 * (across + 1) }

    /// The transformed input of some channels for some rows of tiles: v[ξ · places + channel · pitch + tile].
    func transform(
        _ x: UnsafePointer<Float>, channels: Range<Int>, of count: Int, _ rows: Range<Int>,
        to v: UnsafeMutablePointer<Float>, pitch: Int, places: Int, scratch: UnsafeMutablePointer<Float>,
        _ set: InstructionSet
    ) {
        let plane = window.height * window.width
        var row = rows.lowerBound
        while row < rows.upperBound {
            let (picture, down) = row.quotientAndRemainder(dividingBy: down)
            let lines = min(self.down - down, rows.upperBound - row)
            for (place, channel) in channels.enumerated() {
                cvk_winograd_input(
                    set.kernel, x + (picture * count + channel) * plane, window.height, window.width,
                    4 * down - window.pad_top, window.pad_left, across, lines,
                    v + place * pitch + (row - rows.lowerBound) * across, places, scratch)
            }
            row += lines
        }
    }
}
