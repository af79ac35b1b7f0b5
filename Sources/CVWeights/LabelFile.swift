import CVCore

/// Class names in a text file, one per line.
public enum LabelFile {
    /// The largest file that is read as a list of names.
    private static let maxBytes = 1 << 20

    /// Reads the class names of a file in order; empty lines and surrounding spaces are ignored.
    ///
    /// - Parameter path: the path of the file.
    /// - Returns: the names.
    /// - Throws: `FileError` if the file cannot be read or has more than a megabyte.
    public static func read(_ path: String) throws(FileError) -> [String] {
        let bytes = try FileInput.read(path, maxBytes: maxBytes)
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
            String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }.filter { !$0.isEmpty }
    }
}
