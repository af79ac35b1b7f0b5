import CVCore

/// One line of JSON-lines output: what became of one input, failed or not.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"classes":[{"label":"cat","class":3,"probability":0.9}],"error":null}
/// ```
/// Numbers have the fewest digits that read back as the same float.
public struct ClassificationRecord: Sendable, Equatable {
    /// The path as given, or "-" for standard input.
    public var input: String
    /// Pixels; nil when the picture could not be read.
    public var width: Int?
    public var height: Int?
    /// The most probable first.
    public var classes: [Classification]
    /// The message of what went wrong; nil for success.
    public var error: String?

    public init(input: String, width: Int, height: Int, classes: [Classification]) {
        self.input = input
        self.width = width
        self.height = height
        self.classes = classes
    }

    /// An input that failed.
    public init(input: String, error: String) {
        self.input = input
        self.classes = []
        self.error = error
    }

    /// The record on one line, without the line's end.
    public var json: String {
        let record: JSONValue = [
            "input": .string(input),
            "width": width.map { .integer($0) } ?? .null,
            "height": height.map { .integer($0) } ?? .null,
            "classes": .array(
                classes.map {
                    [
                        "label": .string($0.label), "class": .integer($0.index),
                        "probability": JSONValue($0.probability),
                    ]
                }),
            "error": error.map { .string($0) } ?? .null,
        ]
        return record.text
    }
}
