import CVCore

/// An axis-aligned box in pixels from the top left corner of an image.
///
/// Continuous coordinates: pixel (0, 0) covers the box from (0, 0) to (1, 1), so a width is `maxX - minX`, without
/// "+1".
public struct Box: Sendable, Equatable, Hashable {
    /// The left edge.
    public var minX: Float
    /// The top edge.
    public var minY: Float
    /// The right edge.
    public var maxX: Float
    /// The bottom edge.
    public var maxY: Float

    /// A box with these edges, in pixels.
    ///
    /// - Parameters:
    ///   - minX: the left edge.
    ///   - minY: the top edge.
    ///   - maxX: the right edge.
    ///   - maxY: the bottom edge.
    public init(minX: Float, minY: Float, maxX: Float, maxY: Float) {
        self.minX = minX
        self.minY = minY
        self.maxX = maxX
        self.maxY = maxY
    }

    /// In pixels; negative if the edges are swapped.
    public var width: Float { maxX - minX }
    /// In pixels; negative if the edges are swapped.
    public var height: Float { maxY - minY }
    /// The area in square pixels; 0 if it is empty or the edges are swapped.
    public var area: Float { max(0, width) * max(0, height) }

    /// Clips the box to an image.
    ///
    /// - Parameters:
    ///   - width: of the image, in pixels.
    ///   - height: of the image, in pixels.
    /// - Returns: the part inside the image, as torchvision's `clip_boxes_to_image`.
    public func clipped(width: Int, height: Int) -> Box {
        func clip(_ value: Float, _ limit: Int) -> Float { min(max(value, 0), Float(limit)) }
        return Box(
            minX: clip(minX, width), minY: clip(minY, height), maxX: clip(maxX, width), maxY: clip(maxY, height))
    }

    /// `[left, top, right, bottom]`.
    public var json: JSONValue { .array([minX, minY, maxX, maxY].map(JSONValue.init)) }
}

extension Box: Codable {
    /// `[left, top, right, bottom]`.
    public init(from decoder: any Swift.Decoder) throws {
        var sides = try decoder.unkeyedContainer()
        (minX, minY) = (try sides.decode(Float.self), try sides.decode(Float.self))
        (maxX, maxY) = (try sides.decode(Float.self), try sides.decode(Float.self))
        guard sides.isAtEnd else { throw DecodingError.invalid(decoder, "a box has four numbers") }
    }

    /// `[left, top, right, bottom]`.
    public func encode(to encoder: any Encoder) throws {
        var sides = encoder.unkeyedContainer()
        for side in [minX, minY, maxX, maxY] { try sides.encode(side) }
    }
}
