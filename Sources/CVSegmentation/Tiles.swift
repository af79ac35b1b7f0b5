import CVImage

/// A part of an image that is processed in one pass.
package struct Tile {
    /// Columns and rows of the input window; they may extend beyond the border.
    package let width, height: Range<Int>
    /// Columns and rows of the output region.
    package let columns, rows: Range<Int>

    init(width: Range<Int>, height: Range<Int>, columns: Range<Int>, rows: Range<Int>) {
        (self.width, self.height, self.columns, self.rows) = (width, height, columns, rows)
    }

    /// A whole image.
    init(_ width: Int, _ height: Int) {
        self.init(width: 0..<width, height: 0..<height, columns: 0..<width, rows: 0..<height)
    }
}

/// The tiling of an image into windows of at least `least` and at most `side` pixels. The output region of each tile is
/// surrounded by `overlap` pixels of context, or by the border.
package struct TilePlan {
    package let tiles: [Tile]

    package init(width: Int, height: Int, side: Int, overlap: Int, least: Int = 1) {
        precondition(
            side > 2 * overlap && side >= least, "TilePlan: windows of \(least) to \(side) that overlap by \(overlap)")
        func parts(_ size: Int) -> [(window: Range<Int>, output: Range<Int>)] {
            let window = min(side, max(size, least))
            guard size > window else { return [(0..<window, 0..<size)] }
            let step = window - 2 * overlap
            let count = 1 + (size - window + step - 1) / step
            // The last window ends at the border.
            let starts = (0..<count).map { min($0 * step, size - window) }
            return starts.enumerated().map { index, start in
                let from = index == 0 ? 0 : starts[index - 1] + window - overlap
                let to = index == count - 1 ? size : start + window - overlap
                return (start..<start + window, from..<to)
            }
        }
        let (columns, rows) = (parts(width), parts(height))
        tiles = rows.flatMap { row in
            columns.map { Tile(width: $0.window, height: row.window, columns: $0.output, rows: row.output) }
        }
    }
}

extension Image {
    /// The pixels of these columns and rows, with the edge replicated beyond the border.
    func window(x: Range<Int>, y: Range<Int>) -> Image {
        if x.lowerBound == 0, y.lowerBound == 0, x.upperBound == width, y.upperBound == height { return self }
        let columns = min(x.upperBound, width) - x.lowerBound
        let inside = cropped(
            x: x.lowerBound, y: y.lowerBound, width: columns, height: min(y.upperBound, height) - y.lowerBound)
        guard inside.width < x.count || inside.height < y.count else { return inside }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(x.count * y.count * channels)
        for row in 0..<y.count {
            let start = min(row, inside.height - 1) * inside.stride
            let line = inside.pixels[start..<start + inside.stride]
            pixels += line
            for _ in inside.width..<x.count { pixels += line.suffix(channels) }
        }
        return Image(width: x.count, height: y.count, format: format, pixels: pixels)
    }
}
