import CVCore

/// An upright rectangle in pixels from the top left corner of a picture.
///
/// Continuous coordinates: pixel (0, 0) covers the box from (0, 0) to (1, 1), so a width is `maxX - minX`, with no
/// "+1".
public struct Box: Sendable, Equatable, Hashable {
    public var minX: Float
    public var minY: Float
    public var maxX: Float
    public var maxY: Float

    public init(minX: Float, minY: Float, maxX: Float, maxY: Float) {
        self.minX = minX
        self.minY = minY
        self.maxX = maxX
        self.maxY = maxY
    }

    public var width: Float { maxX - minX }
    public var height: Float { maxY - minY }
    /// 0 for a box that is empty or turned inside out.
    public var area: Float { max(0, width) * max(0, height) }

    /// The part that lies inside a picture of this size.
    public func clipped(width: Int, height: Int) -> Box {
        func clip(_ value: Float, _ limit: Int) -> Float { min(max(value, 0), Float(limit)) }
        return Box(
            minX: clip(minX, width), minY: clip(minY, height), maxX: clip(maxX, width), maxY: clip(maxY, height))
    }

    /// `[left, top, right, bottom]`.
    package var json: JSONValue { .array([minX, minY, maxX, maxY].map(JSONValue.init)) }
}
