import CVCore

/// A contact sheet: small images in a grid, each with a caption below it.
public struct ContactSheet: Sendable {
    /// The width of a cell in pixels; images keep their aspect ratio.
    public var cellWidth: Int
    /// The height of a cell in pixels, without the caption.
    public var cellHeight: Int
    /// The number of columns.
    public var columns: Int
    /// The color between the images.
    public var background = Color(250, 250, 248)
    /// The color of the captions.
    public var textColor = Color(40, 40, 40)

    private static let gap = 14
    private static let captionHeight = 26
    private static let textSize: Float = 16
    private var cells: [(image: Image, caption: String)] = []

    /// An empty sheet.
    ///
    /// - Parameters:
    ///   - cellWidth: in pixels.
    ///   - cellHeight: in pixels, without the caption.
    ///   - columns: the number of columns.
    public init(cellWidth: Int = 240, cellHeight: Int = 240, columns: Int) {
        precondition(
            cellWidth > 0 && cellHeight > 0 && columns > 0,
            "a sheet of \(columns) columns of \(cellWidth)×\(cellHeight) pixels holds nothing")
        (self.cellWidth, self.cellHeight, self.columns) = (cellWidth, cellHeight, columns)
    }

    /// An empty sheet for `count` images like this one, about as many rows as columns, with the last row as full as
    /// possible.
    ///
    /// - Parameters:
    ///   - count: the number of images.
    ///   - image: gives the aspect ratio of the cells.
    ///   - longerSide: of a cell, in pixels.
    public init(count: Int, like image: Image, longerSide: Int = 240) {
        let scale = Double(longerSide) / Double(max(image.width, image.height))
        func side(_ length: Int) -> Int { max(longerSide / 3, Int(clamping: (Double(length) * scale).rounded())) }
        let square = max(1, Int(clamping: Double(count).squareRoot().rounded(.up)))
        func empty(_ columns: Int) -> Int { (count + columns - 1) / columns * columns - count }
        let columns = (square...square + 2).min { empty($0) < empty($1) } ?? square
        self.init(cellWidth: side(image.width), cellHeight: side(image.height), columns: columns)
    }

    /// Appends an image, shrunk to its cell; smaller images keep their size.
    ///
    /// - Parameters:
    ///   - image: the image.
    ///   - caption: one line, truncated to the width of the cell.
    public mutating func add(_ image: Image, caption: String) {
        let scale = min(
            Double(cellWidth) / Double(image.width), Double(cellHeight) / Double(image.height), 1)
        let width = max(1, Int(clamping: (Double(image.width) * scale).rounded()))
        let height = max(1, Int(clamping: (Double(image.height) * scale).rounded()))
        cells.append((image.resized(width: width, height: height), caption))
    }

    /// The rendered sheet; a single pixel if it is empty.
    public var image: Image {
        guard !cells.isEmpty else { return Image(width: 1, height: 1, fill: background) }
        let columns = min(columns, cells.count)
        let rows = (cells.count + columns - 1) / columns
        let (stepX, stepY) = (cellWidth + Self.gap, cellHeight + Self.captionHeight + Self.gap)
        var sheet = Image(width: columns * stepX + Self.gap, height: rows * stepY + Self.gap, fill: background)
        for (index, cell) in cells.enumerated() {
            let (x, y) = (Self.gap + index % columns * stepX, Self.gap + index / columns * stepY)
            sheet.composite(
                cell.image, x: x + (cellWidth - cell.image.width) / 2, y: y + (cellHeight - cell.image.height) / 2)
            let tag = Tag(cell.caption, size: Self.textSize, widest: Float(cellWidth))
            let textWidth = TextMetrics(tag.text, size: Self.textSize).width
            sheet.drawText(
                tag.text, x: Float(x) + (Float(cellWidth) - textWidth) / 2,
                baseline: Float(y + cellHeight + Self.captionHeight - 8), size: Self.textSize, color: textColor)
        }
        return sheet
    }
}

extension Image {
    /// Composites `other` over this image, its top left corner at pixel (x, y); it must lie inside.
    fileprivate mutating func composite(_ other: Image, x: Int, y: Int) {
        precondition(
            x >= 0 && y >= 0 && other.width <= width - x && other.height <= height - y,
            "\(other.width)×\(other.height) pixels at (\(x), \(y)) are not inside \(width)×\(height)")
        let (stride, format) = (stride, format)
        pixels.withUnsafeMutableBufferPointer { buffer in
            for row in 0..<other.height {
                var pixel = buffer.baseAddress! + (y + row) * stride + x * format.rawValue
                for column in 0..<other.width {
                    Self.blend(other[column, row], 1, over: pixel, format)
                    pixel += format.rawValue
                }
            }
        }
    }
}
