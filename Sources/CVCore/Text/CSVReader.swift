/// Comma-separated values (RFC 4180): fields may stand in quotes, and hold commas, new lines and doubled quotes there.
package struct CSVReader {
    /// One row.
    package struct Row: Equatable {
        /// On which it begins, from 1.
        package let line: Int
        /// Without their quotes.
        package let fields: [String]
    }

    /// What is no CSV.
    package enum Problem: Error, Equatable {
        case openQuote(line: Int)
        case textAfterQuote(line: Int)
        case notUTF8(line: Int)
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    /// Reads from bytes; a byte order mark is dropped.
    package init(_ bytes: [UInt8]) {
        self.bytes = Array(TextInput.withoutMark(bytes))
    }

    /// The next row that is not empty; nil at the end.
    package mutating func next() throws(Problem) -> Row? {
        while position < bytes.count {
            let start = line
            let fields = try row()
            if fields != [""] { return Row(line: start, fields: fields) }
        }
        return nil
    }

    private mutating func row() throws(Problem) -> [String] {
        var fields = [try field()]
        while take(",") { fields.append(try field()) }
        // Windows, Unix, and Macintosh before 2001.
        let hasReturn = take("\r")
        if take("\n") || hasReturn { line += 1 }
        return fields
    }

    private mutating func field() throws(Problem) -> String {
        let start = line
        guard take("\"") else {
            let begin = position
            while position < bytes.count, !",\r\n".utf8.contains(bytes[position]) { position += 1 }
            return try text(bytes[begin..<position], line: start)
        }
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard take("\"") else {
                    guard position == bytes.count || ",\r\n".utf8.contains(bytes[position]) else {
                        throw .textAfterQuote(line: line)
                    }
                    return try text(content[...], line: start)
                }
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            content.append(byte)
        }
        throw .openQuote(line: start)
    }

    private func text(_ bytes: ArraySlice<UInt8>, line: Int) throws(Problem) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8(line: line) }
        return text
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}

extension String {
    /// Without blanks at either end.
    package var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
