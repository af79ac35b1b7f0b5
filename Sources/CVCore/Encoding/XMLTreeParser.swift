/// Parses the part of XML 1.0 that files of annotations use, strictly and without recursion.
struct XMLTreeParser {
    private let bytes: [UInt8]
    private let limits: XMLLimits
    private var position = 0
    private var line = 1
    private var count = 0
    /// Elements that are open, the innermost last, with the bytes of their text.
    private var open: [(element: XMLTree, text: [UInt8])] = []

    init(_ bytes: [UInt8], _ limits: XMLLimits) { (self.bytes, self.limits) = (bytes, limits) }

    private func error(_ problem: XMLError.Problem, at line: Int? = nil) -> XMLError {
        XMLError(line: line ?? self.line, problem: problem)
    }

    mutating func document() throws(XMLError) -> XMLTree {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            throw error(.invalidUTF8, at: (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1)
        }
        var root: XMLTree?
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "<") {
                guard let element = try markup(hasRoot: root != nil) else { continue }
                root = element
            } else if open.isEmpty {
                guard isSpace(bytes[position]) else {
                    throw error(.unexpected(found: shown(bytes[position]), expected: "a tag"))
                }
                advance()
            } else {
                try text()
            }
        }
        if let last = open.last { throw error(.endInside("<\(last.element.name)> of line \(last.element.line)")) }
        guard let root else { throw error(.empty, at: 1) }
        return root
    }

    /// What begins with "<".
    ///
    /// - Returns: the root element, if this closes it.
    private mutating func markup(hasRoot: Bool) throws(XMLError) -> XMLTree? {
        if begins("<!--") {
            try skip(through: "-->", of: "a comment")
        } else if begins("<![CDATA[") && !open.isEmpty {
            try literal()
        } else if begins("<?") {
            try instruction()
        } else if begins("<!") {
            throw error(.documentType)
        } else if begins("</") {
            return try closingTag()
        } else {
            guard !hasRoot || !open.isEmpty else {
                throw error(.unexpected(found: "another element", expected: "the end of the file"))
            }
            return try openingTag()
        }
        return nil
    }

    // MARK: Bytes

    private mutating func advance(_ count: Int = 1) {
        for index in position..<min(position + count, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
            line += 1
        }
        position = min(position + count, bytes.count)
    }

    private func begins(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard bytes.count - position >= length else { return false }
        return (0..<length).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
    }

    private func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    private func shown(_ byte: UInt8) -> String {
        (0x21...0x7E).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'" : isSpace(byte) ? "white space" : "other text"
    }

    private mutating func skipSpace() { while position < bytes.count, isSpace(bytes[position]) { advance() } }

    private mutating func skip(through end: StaticString, of what: String) throws(XMLError) {
        let start = line
        while position < bytes.count {
            if begins(end) { return advance(end.utf8CodeUnitCount) }
            advance()
        }
        throw error(.endInside("\(what) of line \(start)"))
    }

    private static let ends: Set<UInt8> = Set("<>/=\"'& \t\r\n".utf8)

    private mutating func name() throws(XMLError) -> String {
        let start = position
        while position < bytes.count, !Self.ends.contains(bytes[position]) { position += 1 }
        guard position > start else {
            throw error(
                .unexpected(
                    found: position < bytes.count ? shown(bytes[position]) : "the end of the file", expected: "a name"))
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    // MARK: Parts

    /// The declaration says which encoding the document has; what other instructions say is left out.
    private mutating func instruction() throws(XMLError) {
        let start = (position, line)
        try skip(through: "?>", of: "a processing instruction")
        let text = String(decoding: bytes[start.0..<position], as: UTF8.self)
        guard text.hasPrefix("<?xml "), let key = text.firstRange(of: "encoding") else { return }
        let rest = text[key.upperBound...].drop { " =\t\r\n".contains($0) }
        guard let quote = rest.first, quote == "\"" || quote == "'" else { return }
        let encoding = rest.dropFirst().prefix { $0 != quote }
        guard ["utf-8", "utf8", "us-ascii", "ascii"].contains(encoding.lowercased()) else {
            throw error(.otherEncoding(String(encoding)), at: start.1)
        }
    }

    private mutating func openingTag() throws(XMLError) -> XMLTree? {
        let start = line
        advance()
        let element = XMLTree(name: try name(), line: start)
        count += 1
        guard count <= limits.elements else { throw error(.tooMany(limit: limits.elements)) }
        guard open.count < limits.depth else { throw error(.tooDeep(limit: limits.depth)) }
        while true {
            skipSpace()
            guard position < bytes.count else { throw error(.endInside("<\(element.name)> of line \(start)")) }
            if begins("/>") {
                advance(2)
                return closed(element)
            }
            if bytes[position] == UInt8(ascii: ">") {
                advance()
                open.append((element, []))
                return nil
            }
            try attribute()
        }
    }

    private mutating func attribute() throws(XMLError) {
        let name = try name()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
            throw error(.unexpected(found: quoted(name), expected: "an attribute with a value"))
        }
        advance()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'")
        else {
            throw error(.unexpected(found: "something else", expected: "a quote after the attribute \(quoted(name))"))
        }
        let (quote, start) = (bytes[position], line)
        advance()
        while position < bytes.count, bytes[position] != quote { advance() }
        guard position < bytes.count else {
            throw error(.endInside("the attribute \(quoted(name)) of line \(start)"))
        }
        advance()
    }

    private mutating func closingTag() throws(XMLError) -> XMLTree? {
        advance(2)
        let name = try name()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ">") else {
            throw error(.unexpected(found: "something else", expected: "'>' after </\(abbreviated(name))"))
        }
        advance()
        guard let (element, text) = open.popLast() else {
            throw error(.unexpected(found: "</\(abbreviated(name))>", expected: "an opening tag"))
        }
        guard element.name == name else {
            throw error(.crossed(open: element.name, line: element.line, closed: name))
        }
        var finished = element
        finished.text = String(decoding: text, as: UTF8.self).trimmed
        return closed(finished)
    }

    private mutating func closed(_ element: XMLTree) -> XMLTree? {
        guard let parent = open.indices.last else { return element }
        open[parent].element.children.append(element)
        return nil
    }

    private mutating func literal() throws(XMLError) {
        let start = position + 9
        try skip(through: "]]>", of: "a CDATA section")
        open[open.count - 1].text += bytes[start..<position - 3]
    }

    private mutating func text() throws(XMLError) {
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "<"), bytes[position] != UInt8(ascii: "&") {
            advance()
        }
        open[open.count - 1].text += bytes[start..<position]
        if position < bytes.count, bytes[position] == UInt8(ascii: "&") { try entity() }
    }

    private static let entities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
    private static let longestEntity = 12

    private mutating func entity() throws(XMLError) {
        let rest = bytes[(position + 1)...].prefix(Self.longestEntity)
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else {
            throw error(.badEntity(String(decoding: bytes[position..<min(position + 8, bytes.count)], as: UTF8.self)))
        }
        let name = String(decoding: bytes[position + 1..<end], as: UTF8.self)
        var letters = Self.entities[name]
        if name.hasPrefix("#") {
            let number =
                name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
            letters = number.flatMap { Unicode.Scalar($0) }.map { String($0) }
        }
        guard let letters else { throw error(.badEntity("&\(name);")) }
        open[open.count - 1].text += Array(letters.utf8)
        position = end + 1
    }
}
