import CVCore

/// The rows of a run as a table for spreadsheets: comma-separated values by RFC 4180.
///
/// Columns: epoch, rate, loss, what else the training gave, the metrics of the held-back part with "dev_" before their
/// names, seconds. The file is written anew from all rows each time, and a checkpoint holds the rows before it: so a run
/// that is resumed goes on in the file without doubles or holes.
public struct TrainingLog: Sendable, Equatable {
    public var rows: [EpochResult]

    public init(_ rows: [EpochResult] = []) { self.rows = rows }

    /// The table, its lines ending in CR LF. Cells of what was not measured, or is no number, are empty.
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

    /// Writes the table, all of it or nothing, in place of the one before. Throws `FileError`.
    public func write(to path: String) throws(FileError) {
        try FileOutput.write(Array(csv.utf8), to: path, overwrite: true)
    }

    /// All names that occur, in the order in which they first do.
    static func names(_ metrics: [Metrics]) -> [String] {
        var names: [String] = []
        for name in metrics.flatMap(\.names) where !names.contains(name) { names.append(name) }
        return names
    }

    /// With the digits of 32 bits, which is more than a metric means.
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
