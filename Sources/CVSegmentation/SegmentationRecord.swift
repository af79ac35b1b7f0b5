import CVCore
import CVImage
import CVTask

/// The record: the result for one input; boxes are corners in pixels of the image.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"classes":[{"label":"road","class":3,"share":0.31,"box":[x1,y1,x2,y2]}],"error":null}
/// ```
/// A person has `"crops"` too: the boxes of the parts of the image that went through the network besides the whole image.
public typealias SegmentationRecord = InputRecord<SegmentedClass>

extension SegmentedClass: RecordedResult {
    /// The key of the list of classes in a record.
    public static var listName: String { "classes" }

    /// One class as a JSON object with its label, index, share and box.
    public var json: JSONValue {
        .members([
            "label": .string(label), "class": .integer(classIndex), "share": JSONValue(Float(share)), "box": box.json,
            "crops": crops.map { .array($0.map(\.json)) },
        ])
    }
}
