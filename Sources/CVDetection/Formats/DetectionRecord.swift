import CVCore
import CVImage

/// One line of JSON-lines output: what became of one input, found or not, failed or not.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"detections":[{"label":"dog","class":16,"confidence":0.9,"box":[x1,y1,x2,y2]}],"error":null}
/// ```
/// Boxes are corners in pixels of the picture. Numbers have the fewest digits that read back as the same float.
public struct DetectionRecord: Sendable, Equatable {
    /// The path as given, or "-" for standard input.
    public var input: String
    /// Pixels; nil when the picture could not be read.
    public var width: Int?
    public var height: Int?
    public var detections: [Detection]
    /// The message of what went wrong; nil for success.
    public var error: String?

    public init(input: String, width: Int, height: Int, detections: [Detection]) {
        self.input = input
        self.width = width
        self.height = height
        self.detections = detections
    }

    /// An input that failed.
    public init(input: String, error: String) {
        self.input = input
        self.detections = []
        self.error = error
    }

    /// The record on one line, without the line's end.
    public var json: String {
        let record: JSONValue = [
            "input": .string(input),
            "width": width.map { .integer($0) } ?? .null,
            "height": height.map { .integer($0) } ?? .null,
            "detections": .array(detections.map(Self.json)),
            "error": error.map { .string($0) } ?? .null,
        ]
        return record.text
    }

    private static func json(_ detection: Detection) -> JSONValue {
        let box = detection.box
        return [
            "label": .string(detection.label),
            "class": .integer(detection.classIndex),
            "confidence": JSONValue(detection.confidence),
            "box": .array([box.minX, box.minY, box.maxX, box.maxY].map(JSONValue.init)),
        ]
    }
}
