import CVCore

/// An affine map of the plane.
///
/// x' = a·x + b·y + c
/// y' = d·x + e·y + f
///
/// Coordinates are continuous, in pixels: the center of pixel (0, 0) is (0.5, 0.5).
public struct AffineMap: Sendable, Equatable {
    /// The coefficients.
    public var a, b, c, d, e, f: Double

    /// A map with these coefficients.
    ///
    /// - Parameters:
    ///   - a: of x in x'.
    ///   - b: of y in x'.
    ///   - c: the constant of x', in pixels.
    ///   - d: of x in y'.
    ///   - e: of y in y'.
    ///   - f: the constant of y', in pixels.
    public init(a: Double, b: Double, c: Double, d: Double, e: Double, f: Double) {
        (self.a, self.b, self.c, self.d, self.e, self.f) = (a, b, c, d, e, f)
    }

    /// The identity map.
    public static let identity = AffineMap(a: 1, b: 0, c: 0, d: 0, e: 1, f: 0)

    /// The translation x' = x + `x`, y' = y + `y`.
    ///
    /// - Parameters:
    ///   - x: in pixels, to the right.
    ///   - y: in pixels, down.
    /// - Returns: a map.
    public static func translation(x: Double, y: Double) -> AffineMap {
        AffineMap(a: 1, b: 0, c: x, d: 0, e: 1, f: y)
    }

    /// The scaling x' = `x`·x, y' = `y`·y.
    ///
    /// - Parameters:
    ///   - x: the horizontal factor.
    ///   - y: the vertical factor.
    /// - Returns: a map.
    public static func scale(x: Double, y: Double) -> AffineMap { AffineMap(a: x, b: 0, c: 0, d: 0, e: y, f: 0) }

    /// The shear x' = x + `x`·y, y' = y + `y`·x.
    ///
    /// - Parameters:
    ///   - x: horizontal shift per vertical pixel.
    ///   - y: vertical shift per horizontal pixel.
    /// - Returns: a map.
    public static func shear(x: Double, y: Double) -> AffineMap { AffineMap(a: 1, b: x, c: 0, d: y, e: 1, f: 0) }

    /// A rotation around the origin, counterclockwise as displayed, with y pointing down. Multiples of 90° are exact.
    ///
    /// - Parameter degrees: the angle.
    /// - Returns: a map.
    public static func rotation(degrees: Double) -> AffineMap {
        let (sine, cosine) = exactSineCosine(degrees)
        return AffineMap(a: cosine, b: sine, c: 0, d: -sine, e: cosine, f: 0)
    }

    /// The composition: this map first, then `next`.
    ///
    /// - Parameter next: the second map.
    /// - Returns: a map.
    public func then(_ next: AffineMap) -> AffineMap {
        AffineMap(
            a: next.a * a + next.b * d, b: next.a * b + next.b * e, c: next.a * c + next.b * f + next.c,
            d: next.d * a + next.e * d, e: next.d * b + next.e * e, f: next.d * c + next.e * f + next.f)
    }

    /// This map with (x, y) as its origin.
    ///
    /// - Parameters:
    ///   - x: in pixels.
    ///   - y: in pixels.
    /// - Returns: a map.
    public func around(x: Double, y: Double) -> AffineMap {
        AffineMap.translation(x: -x, y: -y).then(self).then(.translation(x: x, y: y))
    }

    /// The determinant: the factor of areas, negative if orientation is reversed.
    public var determinant: Double { a * e - b * d }

    /// The inverse; nil if this map is singular or not finite.
    public var inverse: AffineMap? {
        let scale = 1 / determinant
        let result = AffineMap(
            a: e * scale, b: -b * scale, c: (b * f - c * e) * scale, d: -d * scale, e: a * scale,
            f: (c * d - a * f) * scale)
        return result.isFinite ? result : nil
    }

    /// Whether all coefficients are finite.
    public var isFinite: Bool { [a, b, c, d, e, f].allSatisfy(\.isFinite) }

    /// Maps a point.
    ///
    /// - Parameters:
    ///   - x: in pixels.
    ///   - y: in pixels.
    /// - Returns: the mapped coordinates, in pixels.
    public func apply(x: Double, y: Double) -> (x: Double, y: Double) { (a * x + b * y + c, d * x + e * y + f) }

    /// Maps a point.
    ///
    /// - Parameter point: in pixels.
    /// - Returns: the mapped point.
    public func apply(_ point: Point) -> Point {
        let (x, y) = apply(x: Double(point.x), y: Double(point.y))
        return Point(x: Float(x), y: Float(y))
    }

    /// Maps a box.
    ///
    /// - Parameter box: in pixels.
    /// - Returns: the axis-aligned bounding box of its mapped corners.
    public func apply(_ box: Box) -> Box {
        let corners = [
            box.topLeft, Point(x: box.maxX, y: box.minY), box.bottomRight, Point(x: box.minX, y: box.maxY),
        ].map { apply($0) }
        let (xs, ys) = (corners.map(\.x), corners.map(\.y))
        return Box(minX: xs.min()!, minY: ys.min()!, maxX: xs.max()!, maxY: ys.max()!)
    }

    private static func exactSineCosine(_ degrees: Double) -> (Double, Double) {
        switch degrees.truncatingRemainder(dividingBy: 360) {
        case 0: (0, 1)
        case 90, -270: (1, 0)
        case 180, -180: (0, -1)
        case 270, -90: (-1, 0)
        case let rest: (sin(rest * .pi / 180), cos(rest * .pi / 180))
        }
    }
}
