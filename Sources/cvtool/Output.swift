import ArgumentParser
import CLISupport
import CVCore
import CVImage

/// Writes a line to standard error.
func warn(_ message: String) { StandardError.write("cvtool: \(message)\n") }

/// Does `work`; what it throws is written to standard error, and the command ends with exit code 1, or 64 where the
/// arguments are wrong.
func reportingFailure<Result>(_ work: () throws -> Result) throws -> Result {
    do {
        return try work()
    } catch let error as any ToolkitError {
        warn(error.advice)
        let isUsage = error is ClassSelectionError || (error as? OutputError)?.isUsage ?? false
        throw ExitCode((isUsage ? ExitStatus.usage : .failure).rawValue)
    }
}

extension ToolkitError {
    /// The message, and the option of the command that helps where there is one.
    var advice: String {
        switch (self as? ImageError)?.problem {
        case .tooLarge: description + " (--max-pixels)"
        case .truncated: description + "; --allow-truncated uses what there is of it"
        default: description
        }
    }
}

/// Columns of text under a heading, each as wide as its widest cell.
struct TextTable {
    private var rows: [[String]]
    private let rightAligned: Set<Int>

    init(_ heading: [String], rightAligned: Set<Int> = []) {
        rows = [heading]
        self.rightAligned = rightAligned
    }

    /// Cells may come from a file: they are made safe to print.
    mutating func add(_ cells: [String]) { rows.append(cells.map(\.escapedForDisplay)) }

    func print() { Swift.print(text) }

    /// The lines, without a newline after the last.
    var text: String {
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
    func padded(to width: Int, left: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return left ? spaces + self : self + spaces
    }
}

/// A size for people: "17.7 MB", in powers of ten.
func readableBytes(_ bytes: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 999.95, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    let tenths = Int((value * 10).rounded())
    return unit == 0 ? "\(bytes) bytes" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
