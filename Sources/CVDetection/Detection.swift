import CVImage

/// An object found in an image.
public struct Detection: Sendable, Equatable {
    /// The name of the class, such as "dog".
    public var label: String
    /// Index into the labels of the network, from 0.
    public var classIndex: Int
    /// Objectness times class score, from 0 to 1.
    public var confidence: Float
    /// The bounding box in pixels of the image, inside it and not empty.
    public var box: Box

    /// Creates a detection.
    ///
    /// - Parameters:
    ///   - label: the name of the class.
    ///   - classIndex: index into the labels of the network, from 0.
    ///   - confidence: 0 to 1.
    ///   - box: in pixels of the image.
    public init(label: String, classIndex: Int, confidence: Float, box: Box) {
        self.label = label
        self.classIndex = classIndex
        self.confidence = confidence
        self.box = box
    }
}

/// A box that a network proposes for one class, before non-max suppression.
public struct Candidate: Sendable, Equatable {
    /// Index into the labels of the network, from 0.
    public var classIndex: Int
    /// Objectness times class score, from 0 to 1.
    public var confidence: Float
    /// In pixels of the network's input.
    public var box: Box

    /// Creates a candidate.
    ///
    /// - Parameters:
    ///   - classIndex: index into the labels of the network, from 0.
    ///   - confidence: 0 to 1.
    ///   - box: in pixels of the network's input.
    public init(classIndex: Int, confidence: Float, box: Box) {
        self.classIndex = classIndex
        self.confidence = confidence
        self.box = box
    }
}

extension [Candidate] {
    /// Keeps the `limit` most confident candidates, of equal ones the earlier, in their order.
    mutating func keepMostConfident(_ limit: Int) {
        let best = indices.sorted { (self[$0].confidence, $1) > (self[$1].confidence, $0) }.prefix(limit)
        self = best.sorted().map { self[$0] }
    }
}

extension Box {
    /// Intersection over union (Jaccard index): 0 for disjoint boxes, 1 for equal ones.
    ///
    /// A box without area or with a NaN coordinate overlaps nothing, not even itself.
    ///
    /// - Parameter other: a box in the same coordinates.
    /// - Returns: the area of the intersection divided by the area of the union, from 0 to 1.
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
