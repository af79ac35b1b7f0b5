import CVCore
import CVDetection
import CVImage
import CVTask

/// The points of a face that detectors find. Right and left are the person's.
public enum FacePoint: String, Sendable, CaseIterable, Codable {
    case rightEye = "right eye"
    case leftEye = "left eye"
    /// The tip.
    case nose
    case rightMouthCorner = "right mouth corner"
    case leftMouthCorner = "left mouth corner"
    /// The middle.
    case mouth
    /// The tragion, in front of the ear.
    case rightEar = "right ear"
    case leftEar = "left ear"
}

/// A face found in an image.
public struct Face: Sendable, Equatable {
    /// In pixels of the image, inside it and not empty.
    public var box: Box
    /// 0 to 1.
    public var confidence: Float
    /// The points that the detector finds, in pixels of the image; they may lie outside.
    public var keypoints: [NamedKeypoint]

    /// A face.
    ///
    /// - Parameters:
    ///   - box: in pixels of the image.
    ///   - confidence: 0 to 1.
    ///   - keypoints: in pixels of the image.
    public init(box: Box, confidence: Float, keypoints: [NamedKeypoint]) {
        (self.box, self.confidence, self.keypoints) = (box, confidence, keypoints)
    }

    /// A detection of a network that finds faces.
    ///
    /// - Parameter detection: with keypoints, as a rule.
    public init(_ detection: Detection) {
        self.init(box: detection.box, confidence: detection.confidence, keypoints: detection.keypoints ?? [])
    }

    /// A point of the face; nil where the detector does not find it. The middle of the mouth is that of its corners.
    ///
    /// - Parameter point: which.
    public subscript(_ point: FacePoint) -> Point? {
        if let found = keypoints.first(where: { $0.name == point.rawValue }) { return found.position }
        guard point == .mouth, let right = self[.rightMouthCorner], let left = self[.leftMouthCorner] else {
            return nil
        }
        return Point(x: (right.x + left.x) / 2, y: (right.y + left.y) / 2)
    }
}

extension Face: Codable {}

/// The record of one input of a search for faces.
///
/// ```json
/// {"input":"a.jpg","width":640,"height":480,"faces":[{"confidence":0.93,"box":[x1,y1,x2,y2],"keypoints":[…]}],"error":null}
/// ```
public typealias FaceRecord = InputRecord<Face>

extension Face: RecordedResult {
    /// The key of the list of faces in a record.
    public static var listName: String { "faces" }

    /// One face as a JSON object with its confidence, box and keypoints.
    public var json: JSONValue {
        [
            "confidence": JSONValue(confidence), "box": box.json, "keypoints": .array(keypoints.map(\.json)),
        ]
    }
}
