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
    /// The keypoints of the object; nil from a network that finds none.
    public var keypoints: [NamedKeypoint]?

    /// Creates a detection.
    ///
    /// - Parameters:
    ///   - label: the name of the class.
    ///   - classIndex: index into the labels of the network, from 0.
    ///   - confidence: 0 to 1.
    ///   - box: in pixels of the image.
    ///   - keypoints: nil from a network that finds none.
    public init(label: String, classIndex: Int, confidence: Float, box: Box, keypoints: [NamedKeypoint]? = nil) {
        self.label = label
        self.classIndex = classIndex
        self.confidence = confidence
        self.box = box
        self.keypoints = keypoints
    }
}

/// A point of an object that has a name, such as the right eye of a face.
public struct NamedKeypoint: Sendable, Equatable, Codable {
    /// What it is, such as "right eye".
    public var name: String
    /// In pixels of the image; it may lie outside.
    public var position: Point

    /// Creates a keypoint.
    ///
    /// - Parameters:
    ///   - name: what it is.
    ///   - position: in pixels of the image.
    public init(name: String, position: Point) {
        self.name = name
        self.position = position
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
    /// In pixels of the network's input, in the order of the network's `keypointNames`; none from a network without.
    public var keypoints: [Point]

    /// Creates a candidate.
    ///
    /// - Parameters:
    ///   - classIndex: index into the labels of the network, from 0.
    ///   - confidence: 0 to 1.
    ///   - box: in pixels of the network's input.
    ///   - keypoints: in pixels of the network's input.
    public init(classIndex: Int, confidence: Float, box: Box, keypoints: [Point] = []) {
        self.classIndex = classIndex
        self.confidence = confidence
        self.box = box
        self.keypoints = keypoints
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

extension Box {
    /// Whether more than 70 % of `other` lies inside this box.
    package func covers(_ other: Box) -> Bool {
        let width = min(maxX, other.maxX) - max(minX, other.minX)
        let height = min(maxY, other.maxY) - max(minY, other.minY)
        return width > 0 && height > 0 && width * height > 0.7 * other.area
    }
}

extension Detection: Codable {
    /// As in a record: `{"label", "class", "confidence", "box": [left, top, right, bottom]}`, and where there are any
    /// `"keypoints": [{"name", "position": [x, y]}]`.
    private enum CodingKeys: String, CodingKey {
        case label
        case classIndex = "class"
        case confidence, box, keypoints
    }
}

extension Candidate: Codable {
    private enum CodingKeys: String, CodingKey {
        case classIndex = "class"
        case confidence, box, keypoints
    }

    /// `{"class", "confidence", "box"}`, and where there are any `"keypoints": [[x, y]]`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        classIndex = try container.decode(Int.self, forKey: .classIndex)
        confidence = try container.decode(Float.self, forKey: .confidence)
        box = try container.decode(Box.self, forKey: .box)
        keypoints = try container.decodeIfPresent([Point].self, forKey: .keypoints) ?? []
    }

    /// `{"class", "confidence", "box"}`, and where there are any `"keypoints": [[x, y]]`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(classIndex, forKey: .classIndex)
        try container.encode(confidence, forKey: .confidence)
        try container.encode(box, forKey: .box)
        if !keypoints.isEmpty { try container.encode(keypoints, forKey: .keypoints) }
    }
}
