/// A place in a picture, in pixels from its top left corner; the centre of pixel (0, 0) is (0.5, 0.5).
public struct Point: Sendable, Equatable, Hashable {
    public var x: Float
    public var y: Float

    public init(x: Float, y: Float) {
        self.x = x
        self.y = y
    }
}

extension Box {
    public init(_ topLeft: Point, _ bottomRight: Point) {
        self.init(minX: topLeft.x, minY: topLeft.y, maxX: bottomRight.x, maxY: bottomRight.y)
    }

    public var topLeft: Point { Point(x: minX, y: minY) }
    public var bottomRight: Point { Point(x: maxX, y: maxY) }
    public var center: Point { Point(x: (minX + maxX) / 2, y: (minY + maxY) / 2) }
}
