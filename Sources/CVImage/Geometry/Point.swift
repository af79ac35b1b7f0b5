import CVCore

/// A point in an image, in pixels from its top left corner; the center of pixel (0, 0) is (0.5, 0.5).
public struct Point: Sendable, Equatable, Hashable {
    /// In pixels, to the right.
    public var x: Float
    /// In pixels, down.
    public var y: Float

    /// A point.
    ///
    /// - Parameters:
    ///   - x: in pixels, to the right.
    ///   - y: in pixels, down.
    public init(x: Float, y: Float) {
        self.x = x
        self.y = y
    }
}

extension Box {
    /// A box between two corners.
    ///
    /// - Parameters:
    ///   - topLeft: the top left corner.
    ///   - bottomRight: the bottom right corner.
    public init(_ topLeft: Point, _ bottomRight: Point) {
        self.init(minX: topLeft.x, minY: topLeft.y, maxX: bottomRight.x, maxY: bottomRight.y)
    }

    /// The top left corner.
    public var topLeft: Point { Point(x: minX, y: minY) }
    /// The bottom right corner.
    public var bottomRight: Point { Point(x: maxX, y: maxY) }
    /// The center.
    public var center: Point { Point(x: (minX + maxX) / 2, y: (minY + maxY) / 2) }
}

extension Point: Codable {
    /// `[x, y]`.
    public init(from decoder: any Swift.Decoder) throws {
        var values = try decoder.unkeyedContainer()
        (x, y) = (try values.decode(Float.self), try values.decode(Float.self))
        guard values.isAtEnd else { throw DecodingError.invalid(decoder, "a point has two numbers") }
    }

    /// `[x, y]`.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.unkeyedContainer()
        for value in [x, y] { try values.encode(value) }
    }
}
