import CVCore
import CVImage
import CVTask

/// The record of the classes in one image; boxes are corners in pixels of the picture.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"classes":[{"label":"road","class":3,"share":0.31,"box":[x1,y1,x2,y2]}],"error":null}
/// ```
public typealias SegmentationRecord = InputRecord<SegmentedClass>

extension SegmentedClass: RecordedResult {
    public static var listName: String { "classes" }

    public var json: JSONValue {
        ["label": .string(label), "class": .integer(classIndex), "share": JSONValue(Float(share)), "box": box.json]
    }
}
