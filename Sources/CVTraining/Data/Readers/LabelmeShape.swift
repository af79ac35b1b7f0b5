import CVCore
import CVImage

/// One shape of a file of labelme.
struct LabelmeShape {
    let label: String
    /// Nil for points and lines, which have none.
    let area: AnnotatedRegions.Region.Area?

    private static let maxCoordinate: Float = 1e9

    /// - Parameter json: an element of `shapes`.
    init(_ json: JSONValue) throws(AnnotationProblem) {
        label = try Self.label(json["label"])
        let kind = json["shape_type"]?.string ?? "polygon"
        let points = try Self.points(json["points"])
        area = try Self.area(kind, points, json["mask"]?.string)
    }

    /// A text, or a number as other programs write it.
    private static func label(_ value: JSONValue?) throws(AnnotationProblem) -> String {
        if let text = value?.string {
            guard !text.allSatisfy(\.isWhitespace) else { throw AnnotationProblem("has an empty \"label\"") }
            return text
        }
        if let number = AnnotationFile.integer(value) { return "\(number)" }
        throw AnnotationProblem(
            value.map { "has the \"label\" \(AnnotationFile.shown($0)); a name is expected" } ?? "has no \"label\"")
    }

    private static func points(_ value: JSONValue?) throws(AnnotationProblem) -> [Point] {
        guard let values = value?.array else { throw AnnotationProblem("has no list \"points\"") }
        var coordinates: [JSONValue] = []
        for value in values {
            guard let pair = value.array, pair.count == 2 else {
                throw AnnotationProblem("has \"points\" that are not pairs of numbers")
            }
            coordinates += pair
        }
        return values.isEmpty ? [] : try AnnotationFile.points(coordinates)
    }

    private static func area(
        _ kind: String, _ points: [Point], _ mask: String?
    ) throws(AnnotationProblem) -> AnnotatedRegions.Region.Area? {
        switch (kind, points.count) {
        case ("polygon", 3...): return .polygons([points])
        case ("rectangle", 2):
            let (a, b) = (points[0], points[1])
            return .polygons([[a, Point(x: b.x, y: a.y), b, Point(x: a.x, y: b.y)]])
        // Newer versions write all corners, also of rectangles that were turned.
        case ("rectangle", 4), ("oriented_rectangle", 4), ("rotation", 4): return .polygons([points])
        case ("circle", 2): return .polygons([circle(around: points[0], through: points[1])])
        case ("mask", 2): return try bitmap(mask, from: points[0], to: points[1])
        case ("point", _), ("points", _), ("line", _), ("linestrip", _): return nil
        default:
            throw AnnotationProblem(
                "is a \(quoted(kind)) of \(pluralized(points.count, "point")): a polygon of 3 or more, a rectangle of 2 or 4, "
                    + "a circle of 2 or a mask of 2 is expected")
        }
    }

    /// The corners of a mask's box are its first and its last pixel.
    private static func bitmap(
        _ text: String?, from first: Point, to last: Point
    ) throws(AnnotationProblem) -> AnnotatedRegions.Region.Area {
        guard let png = text.flatMap(Base64.decoded), !png.isEmpty else {
            throw AnnotationProblem("is a mask without a PNG in base64 in \"mask\"")
        }
        guard [first.x, first.y, last.x, last.y].allSatisfy({ abs($0) <= maxCoordinate }), first.x <= last.x,
            first.y <= last.y
        else { throw AnnotationProblem("is a mask whose points are not the corners of its box") }
        let (x, y) = (Int(clamping: first.x), Int(clamping: first.y))
        return .bitmap(png, x: x, y: y, width: Int(clamping: last.x) - x + 1, height: Int(clamping: last.y) - y + 1)
    }

    /// A polygon of 128 corners: the difference to the circle is below a pixel.
    ///
    /// In double precision, so that no circle of finite points overflows; corners beyond single precision are moved to its
    /// end, which is far outside any image.
    private static func circle(around center: Point, through edge: Point) -> [Point] {
        let (dx, dy) = (Double(edge.x) - Double(center.x), Double(edge.y) - Double(center.y))
        // By doubling: half of the angle between two corners at each step, from the four ends of two diameters.
        var arms = [(dx, dy), (-dy, dx), (-dx, -dy), (dy, -dx)]
        let radius = (dx * dx + dy * dy).squareRoot()
        for _ in 0..<5 {
            arms = arms.enumerated().flatMap { index, arm in
                let next = arms[(index + 1) % arms.count]
                let (x, y) = (arm.0 + next.0, arm.1 + next.1)
                let scale = radius / max((x * x + y * y).squareRoot(), .leastNormalMagnitude)
                return [arm, (x * scale, y * scale)]
            }
        }
        func single(_ value: Double) -> Float {
            Float(min(max(value, -Double(Float.greatestFiniteMagnitude)), Double(Float.greatestFiniteMagnitude)))
        }
        return arms.map { Point(x: single(Double(center.x) + $0.0), y: single(Double(center.y) + $0.1)) }
    }
}
