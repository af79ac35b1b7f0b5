/// A syntax error in JSON text, with its offset.
public struct JSONError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        /// Something other than `expected`; `found` is nil at the end of the text.
        case unexpected(found: UInt8?, expected: String)
        case invalidUTF8
        case controlCharacter(UInt8)
        case badEscape
        /// Half of a surrogate pair without the other half.
        case loneSurrogate
        /// Not finite as a `Double`, or more than 1,000 digits.
        case numberOutOfRange
        case duplicateKey(String)
        case tooDeep(limit: Int)
        case tooManyValues(limit: Int)
    }

    /// The byte offset in the text, from 0.
    public let offset: Int
    /// What is wrong.
    public let problem: Problem

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - problem: what is wrong.
    ///   - offset: the byte offset in the text, from 0.
    public init(_ problem: Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    public var description: String {
        switch problem {
        case .unexpected(let found, let expected):
            "at byte \(offset), \(expected) is expected, but \(Self.name(of: found)) is there"
        case .invalidUTF8: "the string that begins at byte \(offset) is not valid UTF-8"
        case .controlCharacter(let byte):
            "at byte \(offset), the control character \(byte) stands unescaped in a string"
        case .badEscape: "at byte \(offset), a backslash is not followed by one of \"\\/bfnrt or u and four hex digits"
        case .loneSurrogate: "at byte \(offset), an escape is half of a surrogate pair without the other half"
        case .numberOutOfRange: "the number at byte \(offset) is out of the range of 64-bit floating point"
        case .duplicateKey(let key): "at byte \(offset), the key \"\(key.escapedForDisplay)\" occurs a second time"
        case .tooDeep(let limit): "at byte \(offset), values are nested more than \(limit) deep"
        case .tooManyValues(let limit): "at byte \(offset), there are more than \(limit) values"
        }
    }

    private static func name(of byte: UInt8?) -> String {
        switch byte {
        case nil: "the end"
        case .some(let byte) where (0x21...0x7E).contains(byte): "'\(Character(Unicode.Scalar(byte)))'"
        case .some(let byte): "the byte 0x\(String(byte, radix: 16))"
        }
    }
}

extension JSONValue {
    /// Parses one JSON value (RFC 8259), strictly: only white space may surround it.
    ///
    /// Duplicate keys in an object are an error, also if they differ only in Unicode normalization.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8 text.
    ///   - maxDepth: limit of the nesting.
    ///   - maxValues: limit of the number of values, and so of memory: a value takes some twenty times its two bytes of
    ///     text.
    ///   - allowsNonFinite: whether `NaN`, `Infinity` and `-Infinity` are numbers, as Python's `json` writes and reads them.
    /// - Returns: the value.
    /// - Throws: `JSONError`.
    public static func parse(
        _ bytes: some Sequence<UInt8>, maxDepth: Int = 64, maxValues: Int = 10_000_000, allowsNonFinite: Bool = false
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(
            bytes: Array(bytes), maxDepth: maxDepth, maxValues: maxValues, allowsNonFinite: allowsNonFinite,
            valuesLeft: maxValues)
        return try parser.parseDocument()
    }

    /// Parses one JSON value, as ``parse(_:maxDepth:maxValues:allowsNonFinite:)``.
    ///
    /// - Parameter text: the JSON text.
    /// - Returns: the value.
    /// - Throws: `JSONError`.
    public static func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(text.utf8) }
}

/// A recursive descent parser; the depth limit prevents a stack overflow.
private struct JSONParser {
    let bytes: [UInt8]
    let maxDepth: Int
    let maxValues: Int
    let allowsNonFinite: Bool
    var valuesLeft: Int
    var position = 0

    mutating func parseDocument() throws(JSONError) -> JSONValue {
        let value = try parseValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw unexpected("the end") }
        return value
    }

    private mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= maxDepth else { throw JSONError(.tooDeep(limit: maxDepth), at: position) }
        guard valuesLeft > 0 else { throw JSONError(.tooManyValues(limit: maxValues), at: position) }
        valuesLeft -= 1
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "N") where allowsNonFinite: return try parseWord("NaN", .number(.nan))
        case UInt8(ascii: "I") where allowsNonFinite: return try parseWord("Infinity", .number(.infinity))
        case UInt8(ascii: "-") where allowsNonFinite && next == UInt8(ascii: "I"):
            return try parseWord("-Infinity", .number(-.infinity))
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try parseNumber()
        default: throw unexpected("a value")
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [JSONMember] = []
        var keys: Set<String> = []
        skipSpace()
        if consume("}") { return .object(members) }
        while true {
            skipSpace()
            let start = position
            guard peek == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let key = try parseString()
            guard keys.insert(key).inserted else { throw JSONError(.duplicateKey(key), at: start) }
            skipSpace()
            guard consume(":") else { throw unexpected("':'") }
            members.append(JSONMember(key, try parseValue(depth: depth + 1)))
            skipSpace()
            if consume("}") { return .object(members) }
            guard consume(",") else { throw unexpected("',' or '}'") }
        }
    }

    private mutating func parseArray(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if consume("]") { return .array(values) }
        while true {
            values.append(try parseValue(depth: depth + 1))
            skipSpace()
            if consume("]") { return .array(values) }
            guard consume(",") else { throw unexpected("',' or ']'") }
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            guard peek == word.utf8Start[index] else {
                position = start
                throw unexpected("a value")
            }
            position += 1
        }
        return value
    }

    // MARK: Numbers

    private mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        var isInteger = true
        _ = consume("-")
        if !consume("0") { try skipDigits() }
        if consume(".") {
            isInteger = false
            try skipDigits()
        }
        if consume("e") || consume("E") {
            isInteger = false
            if !consume("-") { _ = consume("+") }
            try skipDigits()
        }
        guard position - start <= 1000 else { throw JSONError(.numberOutOfRange, at: start) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        // "-0" is a floating point number, to keep its sign.
        if isInteger, text != "-0", let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw JSONError(.numberOutOfRange, at: start) }
        return .number(value)
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw unexpected("a digit") }
    }

    // MARK: Strings

    private mutating func parseString() throws(JSONError) -> String {
        let start = position
        position += 1
        var content: [UInt8] = []
        var runStart = position
        while true {
            guard let byte = peek else { throw unexpected("'\"'") }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                content += bytes[runStart..<position]
                position += 1
                if byte == UInt8(ascii: "\"") { break }
                try parseEscape(into: &content)
                runStart = position
            } else if byte < 0x20 {
                throw JSONError(.controlCharacter(byte), at: position)
            } else {
                position += 1
            }
        }
        guard let string = String(validating: content, as: UTF8.self) else {
            throw JSONError(.invalidUTF8, at: start)
        }
        return string
    }

    /// Parses the part of an escape after the backslash.
    private mutating func parseEscape(into content: inout [UInt8]) throws(JSONError) {
        let start = position - 1
        guard let byte = peek else { throw JSONError(.badEscape, at: start) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content += try parseUnicodeEscape(start: start).utf8
        default: throw JSONError(.badEscape, at: start)
        }
    }

    /// `\uXXXX`, or two of them that make a surrogate pair.
    private mutating func parseUnicodeEscape(start: Int) throws(JSONError) -> String {
        let first = try parseFourHexDigits(start: start)
        if let scalar = Unicode.Scalar(first) { return String(Character(scalar)) }
        guard first < 0xDC00, consume("\\"), consume("u") else { throw JSONError(.loneSurrogate, at: start) }
        let second = try parseFourHexDigits(start: start)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw JSONError(.loneSurrogate, at: start) }
        return String(Character(scalar))
    }

    private mutating func parseFourHexDigits(start: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw JSONError(.badEscape, at: start)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    // MARK: Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var next: UInt8? { position + 1 < bytes.count ? bytes[position + 1] : nil }

    private mutating func consume(_ byte: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func unexpected(_ expected: String) -> JSONError {
        JSONError(.unexpected(found: peek, expected: expected), at: position)
    }
}

extension JSONError {
    public var category: ErrorCategory {
        switch problem {
        case .tooDeep, .tooManyValues: .limit
        default: .invalid
        }
    }
}
