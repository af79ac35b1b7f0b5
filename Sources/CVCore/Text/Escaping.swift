extension String {
    /// The string on one line, harmless on a terminal: control characters, such as a newline in a file's name or an escape
    /// sequence in a label, and what changes the direction of writing are written as `\u{…}`.
    public var escapedForDisplay: String { escaped(keeping: []) }

    /// Text of several lines, of which nothing is left that a terminal would obey.
    package var escapedForTerminal: String { escaped(keeping: ["\n", "\t"]) }

    private func escaped(keeping kept: Set<Unicode.Scalar>) -> String {
        guard unicodeScalars.contains(where: { $0.isControl && !kept.contains($0) }) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case _ where !scalar.isControl || kept.contains(scalar): result.unicodeScalars.append(scalar)
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// Whether a terminal obeys it instead of showing it: C0, DEL, C1, the separators of lines and paragraphs, and the
    /// controls of bidirectional text.
    var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
