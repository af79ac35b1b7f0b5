/// A text table: columns under a heading, each as wide as its widest cell.
package struct TextTable {
    private var rows: [[String]]
    private let rightAligned: Set<Int>

    /// A table with a heading; `rightAligned` holds column indices.
    package init(_ heading: [String], rightAligned: Set<Int> = []) {
        rows = [heading.map(\.escapedForDisplay)]
        self.rightAligned = rightAligned
    }

    /// Appends a row. Cells may come from a file: control characters are escaped.
    package mutating func add(_ cells: [String]) { rows.append(cells.map(\.escapedForDisplay)) }

    /// The text of the table, without a newline at the end.
    package var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = row.indices.map { column -> String in
                if column == row.count - 1, !rightAligned.contains(column) { return row[column] }
                return row[column].padded(to: widths[column], left: rightAligned.contains(column))
            }
            return cells.joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    /// Padded with spaces on the right (or left) to `width` characters.
    package func padded(to width: Int, left: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return left ? spaces + self : self + spaces
    }
}
