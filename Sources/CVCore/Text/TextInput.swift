/// Text files that others wrote: names of classes, annotations, lists, settings.
///
/// Editors and spreadsheets of Windows put a byte order mark before UTF-8, and some write UTF-16. The first is dropped here
/// and nowhere else; the second is an error, since its bytes would otherwise be read as names.
package enum TextInput {
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Reads a text file.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - maxBytes: the largest file that is read.
    /// - Returns: its bytes without byte order marks. They may still be invalid UTF-8.
    /// - Throws: `FileError` if it cannot be read, or is UTF-16 or UTF-32.
    package static func read(_ path: String, maxBytes: Int) throws(FileError) -> [UInt8] {
        let bytes = try FileInput.read(path, maxBytes: maxBytes)
        if let encoding = otherEncoding(bytes) { throw FileError(path, .otherEncoding(encoding)) }
        return Array(withoutMark(bytes))
    }

    /// Reads the lines of a text file.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - maxBytes: the largest file that is read.
    /// - Returns: the lines, also empty ones, without byte order marks.
    /// - Throws: `FileError` if it cannot be read, or is not UTF-8.
    package static func lines(_ path: String, maxBytes: Int) throws(FileError) -> [Substring] {
        let bytes = try read(path, maxBytes: maxBytes)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FileError(path, .invalidUTF8(line: firstInvalidLine(bytes)))
        }
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    /// The bytes after the byte order mark of UTF-8, or after several, as joining files leaves them.
    ///
    /// - Parameter bytes: of a text.
    /// - Returns: all of them if there is no mark.
    package static func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var rest = bytes[...]
        while rest.starts(with: mark) { rest = rest.dropFirst(mark.count) }
        return rest
    }

    /// UTF-16 or UTF-32 by their marks, or UTF-16 of plain letters without one.
    ///
    /// - Parameter bytes: the start of a file, or all of it.
    /// - Returns: the name of the encoding; nil for all others.
    package static func otherEncoding(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
        let start = bytes.prefix(64)
        let pairs = stride(from: 0, to: start.count - 1, by: 2).map { (start[$0], start[$0 + 1]) }
        let isWide = pairs.allSatisfy { $0.0 != 0 && $0.1 == 0 } || pairs.allSatisfy { $0.0 == 0 && $0.1 != 0 }
        return pairs.count > 1 && isWide ? "UTF-16" : nil
    }

    private static func firstInvalidLine(_ bytes: [UInt8]) -> Int {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
    }
}
