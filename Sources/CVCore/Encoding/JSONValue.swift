/// A JSON value (RFC 8259). The members of objects keep the order of the text.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number written without fraction or exponent that fits 64 bits.
    case integer(Int)
    /// Any other number. Always finite when parsed, unless others are asked for.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// A number with the shortest decimal form of `value`: `JSONValue(Float(0.1))` is written as `0.1`.
    ///
    /// Converted to `Double` directly, it would be written as `0.10000000149011612`.
    ///
    /// - Parameter value: a finite number.
    public init(_ value: Float) { self = .number(Double("\(value)") ?? Double(value)) }

    /// An object of `members`, without those whose value is nil.
    ///
    /// - Parameter members: the keys and values, in the order of the text.
    /// - Returns: the object.
    public static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { key, value in value.map { JSONMember(key, $0) } })
    }

    /// The member `key` of an object; nil if there is none or if this is not an object.
    ///
    /// - Parameter key: the key of the member.
    public subscript(key: String) -> JSONValue? { object?.first { $0.key == key }?.value }

    /// The members of an object; nil for a value of another kind.
    public var object: [JSONMember]? { if case .object(let members) = self { members } else { nil } }
    /// The elements of an array; nil for a value of another kind.
    public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
    /// The text of a string; nil for a value of another kind.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The value of a boolean; nil for a value of another kind.
    public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    /// The value of an integer; nil for a value of another kind.
    public var integer: Int? { if case .integer(let value) = self { value } else { nil } }

    /// The value of an integer or a number; nil for a value of another kind.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The kind with its article, for messages: "a string".
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// One `"key": value` of an object.
public struct JSONMember: Sendable, Equatable {
    /// The key.
    public let key: String
    /// The value.
    public let value: JSONValue

    /// Creates a member.
    ///
    /// - Parameters:
    ///   - key: the key.
    ///   - value: the value.
    public init(_ key: String, _ value: JSONValue) {
        self.key = key
        self.value = value
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    ///
    /// - Parameter value: the literal.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number.
    ///
    /// - Parameter value: the literal.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A boolean.
    ///
    /// - Parameter value: the literal.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { JSONMember($0, $1) })
    }
}

// MARK: Writing

extension JSONValue {
    /// Compact JSON on one line: no spaces, no newline.
    ///
    /// Numbers have the fewest digits that read back as the same `Double`. JSON has no NaN and no infinity: they become
    /// `null`, as in JavaScript.
    public var text: String { String(decoding: utf8, as: UTF8.self) }

    /// `text` as UTF-8.
    public var utf8: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let flag): output += (flag ? "true" : "false").utf8
        case .integer(let value): output += "\(value)".utf8
        case .number(let value): output += (value.isFinite ? "\(value)" : "null").utf8
        case .string(let string): Self.write(string, to: &output)
        case .array(let values):
            Self.write(values, between: "[", "]", to: &output) { value, output in value.write(to: &output) }
        case .object(let members):
            Self.write(members, between: "{", "}", to: &output) { member, output in
                Self.write(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
        }
    }

    private static func write<Item>(
        _ items: [Item], between open: Unicode.Scalar, _ close: Unicode.Scalar, to output: inout [UInt8],
        _ writeItem: (Item, inout [UInt8]) -> Void
    ) {
        output.append(UInt8(ascii: open))
        for (index, item) in items.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            writeItem(item, &output)
        }
        output.append(UInt8(ascii: close))
    }

    private static func write(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": output += #"\""#.utf8
            case "\\": output += #"\\"#.utf8
            case "\n": output += #"\n"#.utf8
            case "\r": output += #"\r"#.utf8
            case "\t": output += #"\t"#.utf8
            // Below a space as JSON requires, the others because terminals obey them; all are in the first plane.
            case _ where scalar.isControl:
                let digits = String(scalar.value, radix: 16)
                output += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            default: output += UTF8.encode(scalar)!
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
