import CVCore
import CVTask

/// The record: the result for one input, the most probable class first.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"classes":[{"label":"cat","class":3,"probability":0.9}],"error":null}
/// ```
public typealias ClassificationRecord = InputRecord<Classification>

extension Classification: RecordedResult {
    /// The key of the list of classes in a record.
    public static var listName: String { "classes" }

    /// One class as a JSON object with its label, index and probability.
    public var json: JSONValue {
        ["label": .string(label), "class": .integer(index), "probability": JSONValue(probability)]
    }
}
