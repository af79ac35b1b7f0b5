import CVCore
import CVImage
import CVSegmentation

/// Lists a folder of images with a file of labelme for each: `a.jpg` and `a.json`.
///
/// Polygons, rectangles and circles are regions; later ones cover earlier ones. Pixels in none of them are of the class
/// `background` or `_background_`; if a list of classes has neither, they do not count.
struct LabelmeFolder {
    private let root: String

    init(_ path: String) { root = path }

    private struct Drawing {
        let name, image: String
        let size: DatasetDefect.Size?
        let shapes: [(label: String, area: [Point])]
    }

    func listing(_ labels: SegmentationLabels?) throws -> SegmentationListing {
        let files = try FileSystem.names(in: root, of: root).filter {
            !$0.hasPrefix(".") && $0.lowercased().hasSuffix(".json")
        }
        guard !files.isEmpty else { throw DatasetError(root, .unknownForm) }
        let drawings = try files.map(drawing)
        let labels = try labels ?? Self.labels(of: drawings, root)
        let numbers = Dictionary(zip(labels.names, labels.names.indices.map { UInt8($0) })) { first, _ in first }
        var result = SegmentationListing(labels: labels)
        for drawing in drawings {
            if FileSystem.kind(of: drawing.image) != .file {
                result.defects.append(DatasetDefect(drawing.name, .noImage(in: ".")))
                continue
            }
            let unknown = drawing.shapes.map(\.label).filter { numbers[$0] == nil && $0 != Self.ignoredName }
            if let first = unknown.first {
                result.defects.append(DatasetDefect(drawing.name, .unknownLabel(first)))
                continue
            }
            let regions = drawing.shapes.map {
                AnnotatedRegions.Region(label: numbers[$0.label] ?? Mask.ignore, area: .polygons([$0.area]))
            }
            let background = Self.backgrounds.lazy.compactMap { numbers[$0] }.first ?? Mask.ignore
            result.items.append(
                .init(
                    name: FileSystem.name(of: drawing.image), part: nil, image: .file(drawing.image),
                    annotation: .regions(.init(size: drawing.size, background: background, regions: regions))))
        }
        return result
    }

    static let backgrounds = ["background", "_background_"]
    /// labelme's own converters ignore this label.
    private static let ignoredName = "__ignore__"

    private static func labels(of drawings: [Drawing], _ root: String) throws -> SegmentationLabels {
        let found = Set(drawings.flatMap { $0.shapes.map(\.label) }).subtracting(backgrounds + [ignoredName])
        let labels = SegmentationLabels(["background"] + found.sorted { $0.precedesInBytes($1) })
        try labels.check(root)
        return labels
    }

    private func drawing(_ name: String) throws -> Drawing {
        let path = FileSystem.join(root, name)
        let json = try AnnotationFile.json(path)
        guard let shapes = json["shapes"]?.array else {
            throw DatasetError(path, .badAnnotation("it has no list \"shapes\", as labelme's have"))
        }
        return Drawing(
            name: name, image: image(of: json, name), size: AnnotationFile.size(json, "imageWidth", "imageHeight"),
            shapes: try shapes.enumerated().map { number, shape in
                guard let label = shape["label"]?.string, let area = Self.area(of: shape) else {
                    throw DatasetError(
                        path,
                        .badAnnotation(
                            "shape \(number + 1) is not an area with a label: a polygon of 3 points or more, a rectangle of "
                                + "2 or a circle of 2 is expected"))
                }
                return (label, area)
            })
    }

    /// The file that `imagePath` names, or else the image of the same name.
    private func image(of json: JSONValue, _ name: String) -> String {
        let stem = FileSystem.stem(of: name)
        let names = [json["imagePath"]?.string].compactMap { $0 } + ["jpg", "jpeg", "png"].map { "\(stem).\($0)" }
        let paths = names.map { $0.hasPrefix("/") ? $0 : FileSystem.join(root, $0) }
        return paths.first { FileSystem.kind(of: $0) == .file } ?? paths[0]
    }

    private static func area(of shape: JSONValue) -> [Point]? {
        let points = (shape["points"]?.array ?? []).compactMap { AnnotationFile.points($0.array ?? [])?.first }
        guard points.count == shape["points"]?.array?.count else { return nil }
        switch (shape["shape_type"]?.string ?? "polygon", points.count) {
        case ("polygon", 3...): return points
        case ("rectangle", 2):
            let (a, b) = (points[0], points[1])
            return [a, Point(x: b.x, y: a.y), b, Point(x: a.x, y: b.y)]
        case ("circle", 2): return circle(around: points[0], through: points[1])
        default: return nil
        }
    }

    /// A polygon of 128 corners: the difference to the circle is below a pixel.
    private static func circle(around center: Point, through edge: Point) -> [Point] {
        let (dx, dy) = (edge.x - center.x, edge.y - center.y)
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
        return arms.map { Point(x: center.x + $0.0, y: center.y + $0.1) }
    }
}

/// Reading of JSON files of annotations.
enum AnnotationFile {
    private static let maxBytes = 1 << 30

    /// - Throws: `FileError`, `DatasetError`.
    static func json(_ path: String) throws -> JSONValue {
        let bytes = try TextInput.read(path, maxBytes: maxBytes)
        do throws(JSONError) {
            return try JSONValue.parse(bytes)
        } catch {
            throw DatasetError(path, .badAnnotation("it is not valid JSON: \(error)"))
        }
    }

    static func size(_ json: JSONValue, _ width: String, _ height: String) -> DatasetDefect.Size? {
        guard let width = json[width]?.integer, let height = json[height]?.integer else { return nil }
        return DatasetDefect.Size(width, height)
    }

    /// Points from x, y, x, y …; nil for anything else, and for more than anyone draws.
    static func points(_ values: [JSONValue]) -> [Point]? {
        let numbers = values.compactMap { $0.double.map { Float($0) } }.filter(\.isFinite)
        guard numbers.count == values.count, numbers.count % 2 == 0, (2...200_000).contains(numbers.count) else {
            return nil
        }
        return stride(from: 0, to: numbers.count, by: 2).map { Point(x: numbers[$0], y: numbers[$0 + 1]) }
    }
}
