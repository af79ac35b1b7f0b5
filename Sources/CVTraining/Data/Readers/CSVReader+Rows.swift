import CVCore

extension CSVReader {
    private static let maxBytes = 1 << 28

    /// All rows of a list, the header among them.
    ///
    /// - Parameter path: of the file.
    /// - Returns: in their order.
    /// - Throws: `FileError`, or `DatasetError` for what is not comma-separated values.
    static func rows(of path: String) throws -> [Row] {
        var reader = CSVReader(try TextInput.read(path, maxBytes: maxBytes))
        var rows: [Row] = []
        do throws(Problem) {
            while let row = try reader.next() { rows.append(row) }
        } catch {
            switch error {
            case .openQuote(let line): throw DatasetError(path, .openQuote(line: line))
            case .textAfterQuote(let line): throw DatasetError(path, .textAfterQuote(line: line))
            case .notUTF8(let line): throw DatasetError(path, .notUTF8(line: line))
            }
        }
        return rows
    }
}
