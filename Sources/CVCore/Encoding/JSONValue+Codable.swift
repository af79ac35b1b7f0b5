/// A name of a member that is known only when the program runs.
package struct AnyCodingKey: CodingKey {
    package let stringValue: String
    package var intValue: Int? { nil }

    package init(stringValue: String) { self.stringValue = stringValue }
    package init?(intValue: Int) { nil }
}

extension JSONValue: Codable {
    /// Any JSON. The order of an object's members is what the decoder gives.
    public init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: AnyCodingKey.self) {
            self = .object(
                try members.allKeys.map { JSONMember($0.stringValue, try members.decode(JSONValue.self, forKey: $0)) })
        } else if var values = try? decoder.unkeyedContainer() {
            var array: [JSONValue] = []
            while !values.isAtEnd { array.append(try values.decode(JSONValue.self)) }
            self = .array(array)
        } else {
            self = try Self.single(decoder.singleValueContainer())
        }
    }

    private static func single(_ value: any SingleValueDecodingContainer) throws -> JSONValue {
        if value.decodeNil() { return .null }
        if let flag = try? value.decode(Bool.self) { return .bool(flag) }
        if let number = try? value.decode(Int.self) { return .integer(number) }
        if let number = try? value.decode(Double.self) { return .number(number) }
        return .string(try value.decode(String.self))
    }

    /// Writes the value with any encoder: what `text` says, where that is `JSONEncoder`.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let members):
            var container = encoder.container(keyedBy: AnyCodingKey.self)
            for member in members {
                try container.encode(member.value, forKey: AnyCodingKey(stringValue: member.key))
            }
        case .array(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try container.encode(value) }
        default:
            var container = encoder.singleValueContainer()
            try encodeScalar(to: &container)
        }
    }

    private func encodeScalar(to container: inout any SingleValueEncodingContainer) throws {
        switch self {
        case .bool(let flag): try container.encode(flag)
        case .integer(let number): try container.encode(number)
        // JSON has no NaN and no infinity, see `text`.
        case .number(let number) where number.isFinite: try container.encode(number)
        case .string(let text): try container.encode(text)
        case .null, .number, .array, .object: try container.encodeNil()
        }
    }
}

extension DecodingError {
    /// What `decoder` has read makes no sense, and why.
    package static func invalid(_ decoder: any Decoder, _ reason: String) -> DecodingError {
        .dataCorrupted(Context(codingPath: decoder.codingPath, debugDescription: reason))
    }
}
