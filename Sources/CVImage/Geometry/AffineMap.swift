import CVCore

/// A map of the plane that keeps lines straight and parallels parallel.
///
///     x' = a·x + b·y + c
///     y' = d·x + e·y + f
///
/// Coordinates are continuous, in pixels: the centre of pixel (0, 0) is (0.5, 0.5).
public struct AffineMap: Sendable, Equatable {
    public var a, b, c, d, e, f: Double

    public init(a: Double, b: Double, c: Double, d: Double, e: Double, f: Double) {
        (self.a, self.b, self.c, self.d, self.e, self.f) = (a, b, c, d, e, f)
    }

    public static let identity = AffineMap(a: 1, b: 0, c: 0, d: 0, e: 1, f: 0)

    /// x' = x + `x`, y' = y + `y`.
    public static func translation(x: Double, y: Double) -> AffineMap {
        AffineMap(a: 1, b: 0, c: x, d: 0, e: 1, f: y)
    }

    /// x' = `x`·x, y' = `y`·y.
    public static func scale(x: Double, y: Double) -> AffineMap { AffineMap(a: x, b: 0, c: 0, d: 0, e: y, f: 0) }

    /// x' = x + `x`·y, y' = y + `y`·x.
    public static func shear(x: Double, y: Double) -> AffineMap { AffineMap(a: 1, b: x, c: 0, d: y, e: 1, f: 0) }

    /// Anticlockwise as seen in the picture, whose y grows downwards. Multiples of 90° are exact.
    public static func rotation(degrees: Double) -> AffineMap {
        let (sine, cosine) = exactSineCosine(degrees)
        return AffineMap(a: cosine, b: sine, c: 0, d: -sine, e: cosine, f: 0)
    }

    /// This map first, then `next`.
    public func then(_ next: AffineMap) -> AffineMap {
        AffineMap(
            a: next.a * a + next.b * d, b: next.a * b + next.b * e, c: next.a * c + next.b * f + next.c,
            d: next.d * a + next.e * d, e: next.d * b + next.e * e, f: next.d * c + next.e * f + next.f)
    }

    /// This map with (x, y) as its fixed middle rather than the origin.
    public func around(x: Double, y: Double) -> AffineMap {
        AffineMap.translation(x: -x, y: -y).then(self).then(.translation(x: x, y: y))
    }

    /// The factor by which areas grow; negative for a mirror image.
    public var determinant: Double { a * e - b * d }

    /// The map back; nil where this one flattens the plane to a line, or is not finite.
    public var inverse: AffineMap? {
        let scale = 1 / determinant
        let result = AffineMap(
            a: e * scale, b: -b * scale, c: (b * f - c * e) * scale, d: -d * scale, e: a * scale,
            f: (c * d - a * f) * scale)
        return result.isFinite ? result : nil
    }

    public var isFinite: Bool { [a, b, c, d, e, f].allSatisfy(\.isFinite) }

    public func apply(x: Double, y: Double) -> (x: Double, y: Double) { (a * x + b * y + c, d * x + e * y + f) }

    public func apply(_ point: Point) -> Point {
        let (x, y) = apply(x: Double(point.x), y: Double(point.y))
        return Point(x: Float(x), y: Float(y))
    }

    /// The upright box around the image of `box`.
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
