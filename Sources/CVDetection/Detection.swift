import CVImage

/// An object found in a picture.
public struct Detection: Sendable, Equatable {
    /// The name of the class, such as "dog".
    public var label: String
    /// Index into the labels of the network, from 0.
    public var classIndex: Int
    /// Objectness times class score: 0 to 1.
    public var confidence: Float
    /// In pixels of the picture, inside it and not empty.
    public var box: Box

    public init(label: String, classIndex: Int, confidence: Float, box: Box) {
        self.label = label
        self.classIndex = classIndex
        self.confidence = confidence
        self.box = box
    }
}

/// A box that a network proposes for one class, before suppression: in pixels of the network's input.
public struct Candidate: Sendable, Equatable {
    /// Index into the labels of the network, from 0.
    public var classIndex: Int
    /// 0 to 1.
    public var confidence: Float
    public var box: Box

    public init(classIndex: Int, confidence: Float, box: Box) {
        self.classIndex = classIndex
        self.confidence = confidence
        self.box = box
    }
}

extension [Candidate] {
    /// Drops all but the `limit` most confident ones, of equals the later; the order stays.
    mutating func keepMostConfident(_ limit: Int) {
        let best = indices.sorted { (self[$0].confidence, $1) > (self[$1].confidence, $0) }.prefix(limit)
        self = best.sorted().map { self[$0] }
    }
}

extension Box {
    /// Area of the common part over the area of the union (Jaccard index): 0 for boxes apart, 1 for equal ones; as
    /// `torchvision.ops.box_iou` of one pair.
    ///
    /// 0 where a box has no area or is no box (NaN), so that such a box overlaps nothing, itself included.
    public func intersectionOverUnion(with other: Box) -> Float {
        let width = min(maxX, other.maxX) - max(minX, other.minX)
        let height = min(maxY, other.maxY) - max(minY, other.minY)
        let (area, otherArea) = (area, other.area)
        guard width > 0, height > 0, area > 0, otherArea > 0 else { return 0 }
        let common = width * height
        let union = area + otherArea - common
        return union.isFinite ? common / union : 0
    }
}

extension Detection: Codable {
    /// As in a record: `{"label", "class", "confidence", "box": [left, top, right, bottom]}`.
    private enum CodingKeys: String, CodingKey {
        case label
        case classIndex = "class"
        case confidence, box
    }
}

extension Candidate: Codable {
    private enum CodingKeys: String, CodingKey {
        case classIndex = "class"
        case confidence, box
    }
}
