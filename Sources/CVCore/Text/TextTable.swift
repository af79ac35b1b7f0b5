/// Columns of text under a heading, each as wide as its widest cell.
package struct TextTable {
    private var rows: [[String]]
    private let rightAligned: Set<Int>

    package init(_ heading: [String], rightAligned: Set<Int> = []) {
        rows = [heading.map(\.escapedForDisplay)]
        self.rightAligned = rightAligned
    }

    /// Cells may come from a file: they are made safe to print.
    package mutating func add(_ cells: [String]) { rows.append(cells.map(\.escapedForDisplay)) }

    package func print() { Swift.print(text) }

    /// The lines, without a newline after the last.
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
    /// With spaces after (or before) up to `width` characters.
    package func padded(to width: Int, left: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return left ? spaces + self : self + spaces
    }
}
