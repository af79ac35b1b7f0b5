import CVCore

/// Something that was found in an image, as records list it.
public protocol RecordedResult: Sendable, Equatable {
    /// What a record calls the list, such as "detections".
    static var listName: String { get }
    var json: JSONValue { get }
}

/// One line of JSON-lines output: what became of one input, found or not, failed or not.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"detections":[{"label":"dog", …}],"error":null}
/// ```
/// Numbers have the fewest digits that read back as the same float.
public struct InputRecord<Result: RecordedResult>: Sendable, Equatable {
    /// The path as given, or "-" for standard input.
    public var input: String
    /// Width in pixels; nil when the image could not be read.
    public var width: Int?
    /// Height in pixels; nil when the image could not be read.
    public var height: Int?
    /// What was found.
    public var results: [Result]
    /// The message of what went wrong; nil for success.
    public var error: String?

    /// An input that was read.
    ///
    /// - Parameters:
    ///   - input: the path as given, or "-".
    ///   - width: in pixels.
    ///   - height: in pixels.
    ///   - results: what was found.
    public init(input: String, width: Int, height: Int, results: [Result]) {
        self.input = input
        self.width = width
        self.height = height
        self.results = results
    }

    /// An input that failed.
    ///
    /// - Parameters:
    ///   - input: the path as given, or "-".
    ///   - error: the message of what went wrong.
    public init(input: String, error: String) {
        self.input = input
        self.results = []
        self.error = error
    }

    /// The record on one line, without the line's end.
    public var json: String {
        let record = JSONValue.object([
            JSONMember("input", .string(input)),
            JSONMember("width", width.map { .integer($0) } ?? .null),
            JSONMember("height", height.map { .integer($0) } ?? .null),
            JSONMember(Result.listName, .array(results.map(\.json))),
            JSONMember("error", error.map { .string($0) } ?? .null),
        ])
        return record.text
    }
}

extension InputRecord: Codable where Result: Codable {
    private static var listKey: AnyCodingKey { AnyCodingKey(stringValue: Result.listName) }

    /// As in `json`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyCodingKey.self)
        func key(_ name: String) -> AnyCodingKey { AnyCodingKey(stringValue: name) }
        input = try container.decode(String.self, forKey: key("input"))
        width = try container.decodeIfPresent(Int.self, forKey: key("width"))
        height = try container.decodeIfPresent(Int.self, forKey: key("height"))
        results = try container.decode([Result].self, forKey: Self.listKey)
        error = try container.decodeIfPresent(String.self, forKey: key("error"))
    }

    /// As in `json`: what there is not is `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyCodingKey.self)
        func key(_ name: String) -> AnyCodingKey { AnyCodingKey(stringValue: name) }
        try container.encode(input, forKey: key("input"))
        try container.encode(width, forKey: key("width"))
        try container.encode(height, forKey: key("height"))
        try container.encode(results, forKey: Self.listKey)
        try container.encode(error, forKey: key("error"))
    }
}
