import CVCore
import CVTask

/// The record of one classified image; the most probable class first.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"classes":[{"label":"cat","class":3,"probability":0.9}],"error":null}
/// ```
public typealias ClassificationRecord = InputRecord<Classification>

extension Classification: RecordedResult {
    public static var listName: String { "classes" }

    public var json: JSONValue {
        ["label": .string(label), "class": .integer(index), "probability": JSONValue(probability)]
    }
}
