import CVCore

/// The names of classes in a text file, one a line.
public enum LabelFile {
    /// More is no list of names.
    private static let maxBytes = 1 << 20

    /// The names at `path`, in order; empty lines and spaces around names do not count.
    public static func read(_ path: String) throws(FileError) -> [String] {
        let bytes = try FileInput.read(path, maxBytes: maxBytes)
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
            String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }.filter { !$0.isEmpty }
    }
}
