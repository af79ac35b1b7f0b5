import CVCore
import CVImage
import CVNN

/// Drawn faces with five points: eyes, tip of the nose, corners of the mouth, those on the left of the image first.
public struct DrawnFace {
    /// Square, a light disc with dark eyes, nose and mouth on noise.
    public let image: Image
    /// In pixels of the image.
    public let points: [Point]

    /// A face at a seeded position, size and angle.
    ///
    /// - Parameters:
    ///   - seed: another one gives another face.
    ///   - side: of the image, in pixels.
    public init(seed: Int, side: Int = 48) {
        var random = SplitMix64(seed: 77, stream: seed)
        func draw(_ low: Float, _ high: Float) -> Float { low + (high - low) * random.uniform() }
        let length = Float(side)
        let radius = length * draw(0.32, 0.42)
        let center = Point(x: length * draw(0.45, 0.55), y: length * draw(0.45, 0.55))
        let angle = Double(draw(-12, 12))
        let map = AffineMap.rotation(degrees: angle).then(.scale(x: Double(radius), y: Double(radius)))
            .then(.translation(x: Double(center.x), y: Double(center.y)))
        points = [(-0.5, -0.35), (0.5, -0.35), (0, 0.1), (-0.4, 0.5), (0.4, 0.5)].map { x, y in
            map.apply(Point(x: x, y: y))
        }
        let pixels = (0..<side * side * 3).map { _ in UInt8(clamping: 40 + 50 * random.uniform()) }
        var image = Image(width: side, height: side, format: .rgb, pixels: pixels)
        image.fillCircle(center: center, radius: radius, color: Color(220, 190, 160))
        for eye in points[..<2] { image.fillCircle(center: eye, radius: radius * 0.16, color: Color(30, 40, 90)) }
        image.fillCircle(center: points[2], radius: radius * 0.12, color: Color(160, 110, 90))
        image.strokeLine(from: points[3], to: points[4], width: radius * 0.14, color: Color(190, 30, 50))
        self.image = image
    }

    /// A row of a table: the name, and x and y of each point.
    ///
    /// - Parameter name: of the image.
    /// - Returns: comma-separated values.
    public func row(_ name: String) -> String {
        ([name] + points.flatMap { ["\($0.x)", "\($0.y)"] }).joined(separator: ",")
    }

    /// The header of such a table.
    public static let header = (["image"] + (0..<5).flatMap { ["x\($0)", "y\($0)"] }).joined(separator: ",")
}
