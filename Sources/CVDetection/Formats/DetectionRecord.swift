import CVCore
import CVImage
import CVTask

/// The record: the result for one input; boxes are corners in pixels of the image.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"detections":[{"label":"dog","class":16,"confidence":0.9,"box":[x1,y1,x2,y2]}],"error":null}
/// ```
public typealias DetectionRecord = InputRecord<Detection>

extension Detection: RecordedResult {
    /// The key of the list of detections in a record.
    public static var listName: String { "detections" }

    /// One detection as a JSON object with its label, class index, confidence and box.
    public var json: JSONValue {
        [
            "label": .string(label), "class": .integer(classIndex), "confidence": JSONValue(confidence),
            "box": box.json,
        ]
    }
}
