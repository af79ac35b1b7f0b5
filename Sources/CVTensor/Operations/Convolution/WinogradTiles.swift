import CKernels
import CVCore

/// The tiles of 4×4 outputs of a batch: rows of tiles, numbered through all pictures.
struct WinogradTiles {
    private let window: cvk_window
    /// Of one picture.
    let across, down: Int
    /// Of all pictures.
    let rows: Int
    var count: Int { rows * across }

    /// Nil where the transforms do not apply or would take longer than they save: for few channels, or for large
    /// filters on so few tiles that reading the filters (four times as many numbers as they have taps) is most of it.
    init?(_ product: ConvolutionProduct, _ isa: InstructionSet) {
        let window = product.window
        guard window.kernel_height == 3, window.kernel_width == 3, window.stride_x == 1, window.stride_y == 1,
            window.dilation_x == 1, window.dilation_y == 1, product.groups == 1, isa != .scalar,
            product.m >= Self.fewestChannels, window.channels >= Self.fewestChannels
        else { return nil }
        self.window = window
        across = (window.output_width + 3) / 4
        down = (window.output_height + 3) / 4
        rows = product.batch * down
        guard count >= (min(product.m, window.channels) < Self.manyChannels ? Self.enoughTiles : Self.fewestTiles)
        else {
            return nil
        }
    }

    private static let fewestChannels = 48
    /// Tiles from which it pays; and from which it does where there are many channels, as direct sums have to read their
    /// filters for each picture.
    private static let enoughTiles = 48
    private static let fewestTiles = 12
    private static let manyChannels = 256

    /// Rows of tiles to take together so that the vectors of a strip are well filled.
    func rowsPerTask(atMost limit: Int) -> Int {
        let most = max(1, min(limit, 144 / across))
        let waste = { (rows: Int) in Double((rows * across + 15) / 16 * 16) / Double(rows * across) }
        return (1...most).min { waste($0) * (1 + 1 / Double($0)) < waste($1) * (1 + 1 / Double($1)) } ?? 1
    }

    /// Floats that the transform of some rows takes beside its result.
    func scratch(rows: Int) -> Int { 24 * ((rows + 1) * across + 32) + 4 * (across + 1) }

    /// The transformed input of some channels for some rows of tiles: v[ξ · places + channel · pitch + tile].
    func transform(
        _ x: UnsafePointer<Float>, channels: Range<Int>, of count: Int, _ rows: Range<Int>,
        to v: UnsafeMutablePointer<Float>, pitch: Int, positions: Int, scratch: UnsafeMutablePointer<Float>,
        _ isa: InstructionSet
    ) {
        let plane = window.height * window.width
        var row = rows.lowerBound
        while row < rows.upperBound {
            let (image, down) = row.quotientAndRemainder(dividingBy: down)
            let lines = min(self.down - down, rows.upperBound - row)
            for (position, channel) in channels.enumerated() {
                cvk_winograd_input(
                    isa.cValue, x + (image * count + channel) * plane, window.height, window.width,
                    4 * down - window.pad_top, window.pad_left, across, lines,
                    v + position * pitch + (row - rows.lowerBound) * across, positions, scratch)
            }
            row += lines
        }
    }
}
