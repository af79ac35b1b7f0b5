import CVCore

/// Class names in a text file, one per line.
public enum LabelFile {
    /// The largest file that is read as a list of names.
    private static let maxBytes = 1 << 20

    /// Reads the class names of a file in order; empty lines, surrounding spaces and a byte order mark are ignored.
    ///
    /// - Parameter path: the path of the file.
    /// - Returns: the names.
    /// - Throws: `FileError` if the file cannot be read, is not UTF-8 or has more than a megabyte.
    public static func read(_ path: String) throws(FileError) -> [String] {
        try TextInput.lines(path, maxBytes: maxBytes).map { line in
            String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }.filter { !$0.isEmpty }
    }
}
