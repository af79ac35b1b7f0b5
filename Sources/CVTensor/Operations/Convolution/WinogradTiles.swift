import CKernels
import CVCore

/// The tiles of 4×4 outputs of a batch: rows of tiles, numbered through all images.
struct WinogradTiles: Sendable {
    private let window: cvk_window
    private let tilesPerTask: Int
    /// Of one image.
    let across, down: Int
    /// Of all images.
    let rows: Int
    var count: Int { rows * across }

    /// nil if the transforms do not apply or are not expected to save time: for few channels, or for large filters
    /// on so few tiles that reading the filters (four times as many numbers as they have taps) is most of it.
    init?(_ problem: ConvProblem, _ tuning: ConvTuning.Winograd) {
        let window = problem.window
        guard window.kernel_height == 3, window.kernel_width == 3, window.stride_x == 1, window.stride_y == 1,
            window.dilation_x == 1, window.dilation_y == 1, problem.groups == 1
        else { return nil }
        let channels = min(problem.cout, problem.cin)
        (self.window, tilesPerTask) = (window, tuning.tilesPerTask)
        across = (window.output_width + 3) / 4
        down = (window.output_height + 3) / 4
        rows = problem.batch * down
        let minTiles = channels < tuning.manyChannels ? tuning.minTiles : tuning.minTilesOfManyChannels
        guard channels >= tuning.minChannels, count >= minTiles else { return nil }
    }

    /// Rows of tiles per block, so that the vectors of a panel are well filled.
    func rowsPerTask(atMost limit: Int) -> Int {
        let most = max(1, min(limit, tilesPerTask / across))
        let waste = { (rows: Int) in Double((rows * across + 15) / 16 * 16) / Double(rows * across) }
        return (1...most).min { waste($0) * (1 + 1 / Double($0)) < waste($1) * (1 + 1 / Double($1)) } ?? 1
    }

    /// Scratch floats for the transform of some rows, beside its result.
    func scratch(rows: Int) -> Int { 24 * ((rows + 1) * across + 32) + 4 * (across + 8) }

    /// The transformed input of some channels for some rows of tiles: v[ξ · stride + channel · pitch + tile].
    func transform(
        _ x: UnsafePointer<Float>, channels: Range<Int>, of count: Int, _ rows: Range<Int>,
        to v: UnsafeMutablePointer<Float>, pitch: Int, stride: Int, scratch: UnsafeMutablePointer<Float>,
        _ isa: InstructionSet
    ) {
        let plane = window.height * window.width
        var row = rows.lowerBound
        while row < rows.upperBound {
            let (image, down) = row.quotientAndRemainder(dividingBy: down)
            let lines = min(self.down - down, rows.upperBound - row)
            for (line, channel) in channels.enumerated() {
                cvk_winograd_input(
                    isa.cValue, x + (image * count + channel) * plane, window.height, window.width,
                    4 * down - window.pad_top, window.pad_left, across, lines,
                    v + line * pitch + (row - rows.lowerBound) * across, stride, scratch)
            }
            row += lines
        }
    }
}
