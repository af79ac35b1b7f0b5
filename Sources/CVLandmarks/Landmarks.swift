import CVCore
import CVImage
import CVTask

/// The landmarks of one object in an image.
public struct Landmarks: Sendable, Equatable {
    /// The position of each point, in pixels of the image; possibly outside of it.
    public var points: [Point]
    /// How far each point of a surface is behind the middle of the object, in pixels of the image, as the network estimates it from how
    /// objects look: negative in front, such as of the tip of a nose. Nil of points without depth.
    public var depths: [Float]?
    /// How sure the network is that there is an object, from 0 to 1: the probability p_c of direct regression, or the mean of
    /// the scores.
    public var confidence: Float
    /// How sure each point is, from 0 to 1: the height of its heat map, or the part of its softmax that lies around the point; nil of a
    /// network without heat maps.
    public var scores: [Float]?
    /// The box around the object that was searched, such as a face detector's, in pixels of the image; nil if it was the whole image.
    public var box: Box?

    /// - Parameters:
    ///   - points: in pixels of the image.
    ///   - depths: of each point of a surface, in pixels of the image.
    ///   - confidence: 0 to 1.
    ///   - scores: of each point, 0 to 1.
    ///   - box: that was searched, in pixels of the image.
    public init(
        points: [Point], depths: [Float]? = nil, confidence: Float, scores: [Float]? = nil, box: Box? = nil
    ) {
        precondition(
            scores.map { $0.count == points.count } ?? true,
            "\(scores?.count ?? 0) scores for \(points.count) points")
        precondition(
            depths.map { $0.count == points.count } ?? true,
            "\(depths?.count ?? 0) depths for \(points.count) points")
        self.depths = depths
        (self.points, self.confidence, self.scores, self.box) = (points, confidence, scores, box)
    }

    /// The smallest box around all points; nil without points.
    public var bounds: Box? { Box(around: points) }
}

extension Box {
    /// The smallest box around some points; nil if there are none.
    ///
    /// - Parameter points: finite.
    package init?(around points: some Sequence<Point>) {
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max() else { return nil }
        self.init(minX: left, minY: top, maxX: right, maxY: bottom)
    }
}

/// The record: the landmarks of the objects of one input, in pixels of the image.
///
/// ```json
/// {"input":"a.jpg","width":160,"height":160,"landmarks":[{"confidence":0.93,"box":null,"points":[[37.6,81.7],…]}],"error":null}
/// ```
public typealias LandmarkRecord = InputRecord<Landmarks>

extension Landmarks: RecordedResult {
    /// The key of the list of objects in a record.
    public static var listName: String { "landmarks" }

    /// The confidence, the box that was searched, the points (x, y, and the depth of those that have one), and their scores if the
    /// network has heat maps.
    public var json: JSONValue {
        .members([
            "confidence": JSONValue(confidence), "box": box.map(\.json) ?? .null,
            "points": .array(
                points.enumerated().map { index, point in
                    .array(([point.x, point.y] + (depths.map { [$0[index]] } ?? [])).map { JSONValue($0) })
                }),
            "scores": scores.map { .array($0.map { JSONValue($0) }) },
        ])
    }
}

extension Landmarks: Codable {
    private enum CodingKeys: CodingKey { case confidence, box, points, scores }

    /// As in `json`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        confidence = try container.decode(Float.self, forKey: .confidence)
        box = try container.decodeIfPresent(Box.self, forKey: .box)
        let numbers = try container.decode([[Float]].self, forKey: .points)
        let dimensions = numbers.first?.count ?? 2
        guard numbers.allSatisfy({ $0.count == dimensions }), (2...3).contains(dimensions) else {
            throw DecodingError.invalid(decoder, "points that are not of two or of three numbers each")
        }
        points = numbers.map { Point(x: $0[0], y: $0[1]) }
        depths = dimensions == 3 ? numbers.map { $0[2] } : nil
        scores = try container.decodeIfPresent([Float].self, forKey: .scores)
        if let scores, scores.count != points.count {
            throw DecodingError.invalid(decoder, "\(scores.count) scores for \(points.count) points")
        }
    }

    /// As in `json`.
    public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
