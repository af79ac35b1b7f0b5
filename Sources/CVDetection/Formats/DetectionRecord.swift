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

    /// One detection as a JSON object with its label, class index, confidence and box, and its keypoints if it has any.
    public var json: JSONValue {
        var members = [
            JSONMember("label", .string(label)), JSONMember("class", .integer(classIndex)),
            JSONMember("confidence", JSONValue(confidence)), JSONMember("box", box.json),
        ]
        if let keypoints { members.append(JSONMember("keypoints", .array(keypoints.map(\.json)))) }
        return .object(members)
    }
}

extension NamedKeypoint {
    /// `{"name": "nose", "position": [x, y]}`.
    public var json: JSONValue {
        ["name": .string(name), "position": .array([position.x, position.y].map(JSONValue.init))]
    }
}
