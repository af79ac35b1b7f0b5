import CVCore
import CVImage

/// One annotation's `segmentation` in the form of COCO.
package struct COCOSegmentation {
    /// Nil for a list without polygons.
    let area: AnnotatedRegions.Region.Area?
    /// In pixels, for the order of drawing.
    let pixels: Double

    private static let sides = 1...1 << 30

    /// - Parameters:
    ///   - json: a list of polygons, or run lengths.
    ///   - stated: the annotation's `area`: what is not a finite number is computed.
    init(_ json: JSONValue?, stated: JSONValue?) throws(AnnotationProblem) {
        guard let json, json != .null else {
            throw AnnotationProblem(
                "has no \"segmentation\" of polygons or of runs (\"counts\", \"size\"): boxes alone are no masks")
        }
        if let lists = json.array {
            var polygons: [[Point]] = []
            for (index, list) in lists.enumerated() {
                guard let values = list.array else {
                    throw AnnotationProblem(
                        "has a \"segmentation\" whose polygon \(index + 1) is \(list.kind), not a list")
                }
                do throws(AnnotationProblem) {
                    polygons.append(try AnnotationFile.points(values))
                } catch {
                    throw AnnotationProblem("has a \"segmentation\" whose polygon \(index + 1) \(error.reason)")
                }
            }
            area = polygons.isEmpty ? nil : .polygons(polygons)
            pixels = Self.finite(stated) ?? polygons.reduce(0) { $0 + Self.area(of: $1) }
        } else {
            let (runs, width, height) = try Self.runs(json)
            area = .runs(runs, width: width, height: height)
            pixels = Self.finite(stated) ?? runs.enumerated().reduce(0) { $0 + ($1.0 % 2 == 1 ? Double($1.1) : 0) }
        }
    }

    private static func finite(_ value: JSONValue?) -> Double? {
        value?.double.flatMap { $0.isFinite ? $0 : nil }
    }

    /// The shoelace formula.
    private static func area(of polygon: [Point]) -> Double {
        var sum = 0.0
        for (index, a) in polygon.enumerated() {
            let b = polygon[(index + 1) % polygon.count]
            sum += Double(a.x) * Double(b.y) - Double(b.x) * Double(a.y)
        }
        return abs(sum) / 2
    }

    private static func runs(
        _ json: JSONValue
    ) throws(AnnotationProblem) -> (runs: [Int], width: Int, height: Int) {
        let size = (json["size"]?.array ?? []).compactMap(AnnotationFile.integer)
        guard size.count == 2, size.allSatisfy(sides.contains) else {
            throw AnnotationProblem("has runs without a \"size\" of a height and a width")
        }
        guard let counts = json["counts"] else { throw AnnotationProblem("has runs without \"counts\"") }
        let runs: [Int]
        if let values = counts.array {
            runs = values.compactMap(AnnotationFile.integer)
            guard runs.count == values.count else {
                throw AnnotationProblem("has \"counts\" that are not whole numbers")
            }
        } else if let text = counts.string, let decoded = Self.runs(text) {
            runs = decoded
        } else {
            throw AnnotationProblem("has \"counts\" that are neither a list of lengths nor COCO's letters for one")
        }
        let (all, total) = (size[0].multipliedReportingOverflow(by: size[1]), try sum(runs))
        guard !all.overflow, total == all.partialValue else {
            throw AnnotationProblem("has \"counts\" of \(total) pixels in all, but a \"size\" of \(size[1])×\(size[0])")
        }
        return (runs, size[1], size[0])
    }

    private static func sum(_ runs: [Int]) throws(AnnotationProblem) -> Int {
        var total = 0
        for run in runs {
            let (sum, overflows) = total.addingReportingOverflow(run)
            guard run >= 0, !overflows else { throw AnnotationProblem("has \"counts\" with the length \(run)") }
            total = sum
        }
        return total
    }

    /// Decodes run lengths in COCO's letters: 5 bits each from "0" on, the lowest first, the sixth bit being set if the number
    /// continues; from the third run on, differences from the run before the last.
    ///
    /// - Parameter text: the `counts` of a compressed segmentation.
    /// - Returns: lengths of runs outside and inside in turn; nil if the text is malformed.
    package static func runs(_ text: String) -> [Int]? {
        var (runs, value, shift) = ([Int](), 0, 0)
        for byte in text.utf8 {
            guard (48..<48 + 64).contains(byte), shift <= 40 else { return nil }
            let bits = Int(byte) - 48
            value |= (bits & 31) << shift
            shift += 5
            if bits & 32 != 0 { continue }
            if bits & 16 != 0 { value -= 1 << shift }
            runs.append(runs.count > 2 ? value + runs[runs.count - 2] : value)
            guard abs(runs[runs.count - 1]) <= 1 << 46 else { return nil }
            (value, shift) = (0, 0)
        }
        return shift == 0 ? runs : nil
    }
}
