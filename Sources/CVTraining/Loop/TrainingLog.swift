import CVCore

/// The results of the epochs as a table for spreadsheets: comma-separated values by RFC 4180.
///
/// Columns: epoch, rate, loss, other training metrics, the metrics on validation with the prefix "dev_", seconds. The file is
/// written anew from all rows each time, and a checkpoint holds the rows before it: so a run that is resumed continues
/// the file without duplicates or gaps.
public struct TrainingLog: Sendable, Equatable {
    /// In the order of the epochs.
    public var rows: [EpochResult]

    /// - Parameter rows: in the order of the epochs.
    public init(_ rows: [EpochResult] = []) { self.rows = rows }

    /// The table, its lines ending in CR LF. Cells of values that were not measured, or are NaN, are empty.
    public var csv: String {
        let training = Self.names(rows.map(\.trainingMetrics))
        let held = Self.names(rows.map(\.metrics))
        let header = ["epoch", "rate", "loss"] + training + held.map { "dev_" + $0 } + ["seconds"]
        let lines = rows.map { row in
            ["\(row.epoch)", Self.number(Double(row.learningRate)), Self.number(row.loss)]
                + training.map { Self.number(row.trainingMetrics[$0]) } + held.map { Self.number(row.metrics[$0]) }
                + ["\((row.seconds * 10).rounded() / 10)"]
        }
        return ([header] + lines).map { $0.map(Self.cell).joined(separator: ",") + "\r\n" }.joined()
    }

    /// Writes the table, whole or not at all, in place of the one before.
    ///
    /// - Parameter path: of a CSV file.
    /// - Throws: `FileError`.
    public func write(to path: String) throws(FileError) {
        try FileOutput.write(Array(csv.utf8), to: path, overwrite: true)
    }

    /// All names, in the order of their first occurrence.
    static func names(_ metrics: [Metrics]) -> [String] {
        var names: [String] = []
        for name in metrics.flatMap(\.names) where !names.contains(name) { names.append(name) }
        return names
    }

    /// With the digits of 32 bits, which is more than the precision of a metric.
    private static func number(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "" }
        return "\(Float(value))"
    }

    private static func cell(_ text: String) -> String {
        // Scalars: to Swift, CR LF is one character, and so are a quotation mark and an accent.
        guard text.unicodeScalars.contains(where: { ["\"", ",", "\r", "\n"].contains($0) }) else { return text }
        let doubled = text.unicodeScalars.reduce(into: "") { $0 += $1 == "\"" ? "\"\"" : String($1) }
        return "\"\(doubled)\""
    }
}
