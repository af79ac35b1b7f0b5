import CVCore

/// A heat map of a matrix of counts, such as a confusion matrix.
///
/// The shade is the square root of a cell's fraction of its row, so that one error in a hundred is still visible. Zeros
/// are not labeled, nor are cells too small for their counts: those of more than about 60 rows.
public struct HeatMap: Sendable {
    /// The title above the matrix.
    public var title: String
    /// The titles of the row axis and the column axis.
    public var rowTitle, columnTitle: String
    /// The names of the rows and of the columns.
    public var rowLabels, columnLabels: [String]
    /// The counts: `rowLabels.count` rows of `columnLabels.count` elements.
    public var counts: [[Int]]

    /// A heat map.
    ///
    /// - Parameters:
    ///   - title: above the matrix.
    ///   - rowTitle: of the row axis.
    ///   - columnTitle: of the column axis.
    ///   - rowLabels: the names of the rows.
    ///   - columnLabels: the names of the columns.
    ///   - counts: rows × columns.
    public init(
        title: String = "", rowTitle: String, columnTitle: String, rowLabels: [String], columnLabels: [String],
        counts: [[Int]]
    ) {
        precondition(
            counts.count == rowLabels.count && counts.allSatisfy { $0.count == columnLabels.count },
            "\(counts.count) rows of \(counts.map(\.count)) counts for \(rowLabels.count) × \(columnLabels.count) labels"
        )
        self.title = title
        self.rowTitle = rowTitle
        self.columnTitle = columnTitle
        self.rowLabels = rowLabels
        self.columnLabels = columnLabels
        self.counts = counts
    }

    /// Renders the heat map; the size of the image follows from the labels and the number of cells.
    ///
    /// - Parameter cellSize: in pixels, 4 to 200; nil for one that suits the number of cells.
    /// - Returns: an RGB image.
    public func image(cellSize: Int? = nil) -> Image {
        let layout = HeatMapLayout(self, cellSize: cellSize)
        var image = Image(width: layout.width, height: layout.height, fill: .white)
        drawTitles(layout, on: &image)
        drawLabels(layout, on: &image)
        for (row, counts) in counts.enumerated() {
            let total = counts.reduce(0.0) { $0 + Double(max($1, 0)) }
            for (column, count) in counts.enumerated() {
                draw(
                    count, part: total > 0 ? Double(max(count, 0)) / total : 0, layout.cell(row, column), layout,
                    on: &image)
            }
        }
        return image
    }

    private func draw(_ count: Int, part: Double, _ cell: Box, _ layout: HeatMapLayout, on image: inout Image) {
        let color = Self.shade(part.squareRoot())
        image.fill(cell, color: color)
        guard count != 0, let size = layout.countSize else { return }
        let text = "\(count)"
        let width = TextMetrics(text, size: size).width
        image.drawText(
            text, x: cell.center.x - width / 2, baseline: cell.center.y + size * 0.35, size: size,
            color: color.readableText)
    }

    /// From near white through blue to near black, nearly perceptually uniform.
    static func shade(_ part: Double) -> Color {
        let stops: [(Double, Double, Double)] = [(246, 248, 251), (107, 160, 208), (16, 52, 110)]
        let position = min(max(part, 0), 1) * 2
        let index = position < 1 ? 0 : 1
        let (a, b, t) = (stops[index], stops[index + 1], position - Double(index))
        func mixed(_ from: Double, _ to: Double) -> UInt8 { UInt8(clamping: (from + (to - from) * t).rounded()) }
        return Color(mixed(a.0, b.0), mixed(a.1, b.1), mixed(a.2, b.2))
    }

    private func drawTitles(_ layout: HeatMapLayout, on image: inout Image) {
        let (ink, faint, size) = (layout.ink, layout.faint, layout.titleSize)
        let widest = Float(layout.width) - layout.margin * 2
        let heading = Tag.shortened(title, size: size * 1.15, widest: widest)
        image.drawText(
            heading, x: layout.margin, baseline: layout.margin + size * 0.9, size: size * 1.15, color: ink)
        let columns = Tag.shortened(columnTitle, size: size, widest: widest)
        let width = TextMetrics(columns, size: size).width
        let middle = layout.left + layout.cell * Float(columnLabels.count) / 2
        let x = min(max(middle - width / 2, layout.margin), Float(layout.width) - layout.margin - width)
        image.drawText(columns, x: x, baseline: layout.columnTitleBaseline, size: size, color: faint)
        let rows = Tag.shortened(rowTitle, size: size, widest: Float(layout.height) - layout.margin * 2)
        let length = TextMetrics(rows, size: size).width
        let center = layout.top + layout.cell * Float(rowLabels.count) / 2
        let y = min(max(center + length / 2, layout.margin + length), Float(layout.height) - layout.margin)
        image.drawTextUpwards(rows, baseline: layout.margin + size * 0.8, y: y, size: size, color: faint)
    }

    private func drawLabels(_ layout: HeatMapLayout, on image: inout Image) {
        guard let size = layout.labelSize else { return }
        let gap = size * 0.5
        for (row, label) in rowLabels.enumerated() {
            let text = Tag.shortened(label, size: size, widest: layout.widestLabel)
            let cell = layout.cell(row, 0)
            image.drawText(
                text, x: layout.left - gap - TextMetrics(text, size: size).width,
                baseline: cell.center.y + size * 0.28, size: size, color: layout.ink)
        }
        for (column, label) in columnLabels.enumerated() {
            let text = Tag.shortened(label, size: size, widest: layout.widestLabel)
            let middle = layout.cell(0, column).center.x
            if layout.isUpright {
                image.drawText(
                    text, x: middle - TextMetrics(text, size: size).width / 2, baseline: layout.top - gap, size: size,
                    color: layout.ink)
            } else {
                image.drawTextUpwards(
                    text, baseline: middle + size * 0.28, y: layout.top - gap, size: size, color: layout.ink)
            }
        }
    }
}

/// The layout of a heat map, in pixels.
struct HeatMapLayout {
    let cell: Float
    let width, height: Int
    /// The top left corner of the first cell.
    let left, top: Float
    let margin: Float
    let titleSize: Float
    /// Nil if cells are too small for labels, or for their counts.
    let labelSize, countSize: Float?
    let widestLabel: Float
    /// Whether the column labels fit horizontally.
    let isUpright: Bool
    let columnTitleBaseline: Float
    let ink = Color(45, 48, 54), faint = Color(112, 117, 126)

    init(_ map: HeatMap, cellSize: Int?) {
        let (rows, columns) = (map.rowLabels.count, map.columnLabels.count)
        let count = max(rows, columns, 1)
        let cell = Float(min(max(cellSize ?? min(max(1100 / count, 14), 68), 4), 200))
        self.cell = cell
        titleSize = 20
        margin = 18
        let label = min(cell * 0.9, 18).rounded(.down)
        labelSize = label >= 9 ? label : nil
        widestLabel = 180
        countSize = Self.countSize(map.counts, cell)
        let size = labelSize ?? 0
        func widest(_ labels: [String]) -> Float {
            labels.reduce(0) { max($0, min(TextMetrics(String($1.prefix(80)), size: size).width, 180)) }
        }
        isUpright = widest(map.columnLabels) <= cell - size * 0.6
        let columnHeight = labelSize == nil ? 0 : isUpright ? size : widest(map.columnLabels)
        let rowWidth = labelSize == nil ? 0 : widest(map.rowLabels)
        left = (margin + (map.rowTitle.isEmpty ? 0 : titleSize * 1.7) + rowWidth + size * 0.5).rounded()
        let heading = margin + (map.title.isEmpty ? 0 : titleSize * 2)
        columnTitleBaseline = heading + titleSize * 0.7
        top = (heading + (map.columnTitle.isEmpty ? 0 : titleSize * 1.4) + columnHeight + size * 0.5).rounded()
        let titleWidth = min(TextMetrics(map.title, size: titleSize * 1.15).width, 800) + 2 * margin
        width = max(Int(clamping: left + cell * Float(columns) + margin), Int(clamping: titleWidth))
        height = Int(clamping: top + cell * Float(rows) + margin)
    }

    /// Cells that are large enough are separated by a white line.
    func cell(_ row: Int, _ column: Int) -> Box {
        let (x, y) = (left + Float(column) * cell, top + Float(row) * cell)
        let gap: Float = cell >= 10 ? 1 : 0
        return Box(minX: x, minY: y, maxX: x + cell - gap, maxY: y + cell - gap)
    }

    /// The common text size of the counts, such that the longest fits.
    private static func countSize(_ counts: [[Int]], _ cell: Float) -> Float? {
        let longest = counts.joined().map { "\($0)" }.max { $0.count < $1.count } ?? ""
        let sizes = stride(from: min(cell * 0.42, 22).rounded(.down), through: 8, by: -1)
        return sizes.first { TextMetrics(longest, size: $0).width <= cell * 0.86 }
    }
}
