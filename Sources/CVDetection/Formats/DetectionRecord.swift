import CVCore
import CVImage
import CVTask

/// The record of the detections in one image; boxes are corners in pixels of the picture.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"detections":[{"label":"dog","class":16,"confidence":0.9,"box":[x1,y1,x2,y2]}],"error":null}
/// ```
public typealias DetectionRecord = InputRecord<Detection>

extension Detection: RecordedResult {
    public static var listName: String { "detections" }

    public var json: JSONValue {
        [
            "label": .string(label), "class": .integer(classIndex), "confidence": JSONValue(confidence),
            "box": box.json,
        ]
    }
}
