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

    /// The text of the table, a line for each row, without a newline at the end.
    package var text: String { text(width: nil) }

    /// The text of the table within a width, without a newline at the end.
    ///
    /// The widest columns get narrower, and what does not fit into a cell goes on below it. Nothing is left out: columns
    /// of numbers stay whole, so that a table of many columns may still be wider.
    ///
    /// - Parameter width: in characters; nil for a line for each row, however long.
    package func text(width: Int?) -> String {
        let widths = widths(within: width ?? .max)
        let lines = rows.flatMap { row -> [String] in
            let cells = row.indices.map { row[$0].wrapped(to: widths[$0]) }
            return (0..<(cells.map(\.count).max() ?? 0)).map { line in
                let parts = row.indices.map { column -> String in
                    let text = line < cells[column].count ? cells[column][line] : ""
                    if column == row.count - 1, !rightAligned.contains(column) { return text }
                    return text.padded(to: widths[column], left: rightAligned.contains(column))
                }
                let joined = parts.joined(separator: Self.gap)
                return line == 0 ? joined : String(joined.reversed().drop { $0 == " " }.reversed())
            }
        }
        return lines.joined(separator: "\n")
    }

    private static let gap = "  "
    /// No column gets narrower than this.
    private static let leastWidth = 10

    /// The width of each column.
    private func widths(within total: Int) -> [Int] {
        var widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - total
        while excess > 0 {
            let candidates = widths.indices.filter { !rightAligned.contains($0) && widths[$0] > Self.leastWidth }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}

extension String {
    /// Lines of at most `width` characters: broken at spaces, else after a mark such as a slash, else anywhere.
    package func wrapped(to width: Int) -> [String] {
        var (lines, rest) = ([String](), self[...])
        while rest.count > max(width, 1) {
            let line = rest.prefix(max(width, 1))
            let next = rest.dropFirst(line.count)
            if next.first == " " {
                lines.append(String(line))
                rest = next.drop { $0 == " " }
            } else if let space = line.lastIndex(of: " "), space > line.startIndex {
                lines.append(String(line[..<space]))
                rest = rest[line.index(after: space)...]
            } else if let mark = line.lastIndex(where: { "/-_.,;".contains($0) }), mark > line.startIndex {
                lines.append(String(line[...mark]))
                rest = rest[line.index(after: mark)...]
            } else {
                lines.append(String(line))
                rest = next
            }
        }
        return lines + [String(rest)]
    }
}

extension String {
    /// Padded with spaces on the right (or left) to `width` characters.
    package func padded(to width: Int, left: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return left ? spaces + self : self + spaces
    }
}
