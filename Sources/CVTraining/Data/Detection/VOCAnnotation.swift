import CVCore
import CVImage

/// What the XML file of one image says, in the form of Pascal VOC.
struct VOCAnnotation {
    /// An object with the name of its class.
    struct Object {
        let name: String
        let line: Int
        /// Edges in pixels, counted from 0.
        let left, top, right, bottom: Double
        let isDifficult: Bool
    }

    /// The name of the image; nil if it is not stated.
    let fileName: String?
    /// The size of the image, and the line that states it; nil if it is not stated, or as 0.
    let size: (value: DatasetDefect.Size, line: Int)?
    let objects: [Object]

    private static let maxBytes = 1 << 26
    /// Beyond any image; a coordinate that is farther out is not one in pixels.
    static let limit = 1e6

    /// Reads a file.
    ///
    /// - Parameter path: of the file.
    /// - Throws: `Malformed` for the first thing that is wrong, `FileError`.
    init(contentsOf path: String) throws {
        let bytes = try TextInput.read(path, maxBytes: Self.maxBytes)
        let root: XMLTree
        do throws(XMLError) {
            root = try XMLTree.parse(bytes)
        } catch {
            throw Malformed(line: error.line, .malformed("\(error)"))
        }
        guard root.name == "annotation" else {
            throw Malformed(
                line: root.line,
                .badValue("the root element", found: "<\(root.name)>", expected: "<annotation> of Pascal VOC"))
        }
        fileName = root["filename"].flatMap { $0.text.isEmpty ? nil : FileSystem.name(of: $0.text) }
        size = try root["size"].flatMap { try Self.size($0) }
        objects = try root.children.filter { $0.name == "object" }.map { try Self.object($0) }
    }

    /// What is wrong, on which line.
    struct Malformed: Error {
        let line: Int
        let problem: AnnotationDefect.Problem

        init(line: Int, _ problem: AnnotationDefect.Problem) { (self.line, self.problem) = (line, problem) }
    }

    /// A whole number of pixels; nil for a size of 0, which some programs write that do not know it.
    private static func size(_ element: XMLTree) throws(Malformed) -> (value: DatasetDefect.Size, line: Int)? {
        func side(_ name: String) throws(Malformed) -> Int {
            guard let side = element[name] else { throw Malformed(line: element.line, .missing("<\(name)> of <size>")) }
            guard let value = Int(side.text), (0...Int(clamping: limit)).contains(value) else {
                throw Malformed(
                    line: side.line, .badValue("<\(name)>", found: side.text, expected: "a number of pixels"))
            }
            return value
        }
        let size = DatasetDefect.Size(try side("width"), try side("height"))
        return size.width == 0 || size.height == 0 ? nil : (size, element.line)
    }

    private static func object(_ element: XMLTree) throws(Malformed) -> Object {
        guard let name = element["name"] else { throw Malformed(line: element.line, .missing("<name> of <object>")) }
        guard !name.text.isEmpty else {
            throw Malformed(line: name.line, .badValue("<name>", found: "", expected: "the name of a class"))
        }
        guard let box = element["bndbox"] else {
            throw Malformed(line: element.line, .missing("<bndbox> of <object>"))
        }
        func edge(_ name: String) throws(Malformed) -> Double {
            guard let edge = box[name] else { throw Malformed(line: box.line, .missing("<\(name)> of <bndbox>")) }
            guard let value = Double(edge.text), abs(value) <= limit else {
                throw Malformed(
                    line: edge.line, .badValue("<\(name)>", found: edge.text, expected: "a number of pixels"))
            }
            return value
        }
        return Object(
            name: name.text, line: element.line, left: try edge("xmin") - 1, top: try edge("ymin") - 1,
            right: try edge("xmax"), bottom: try edge("ymax"),
            isDifficult: try flag(element["difficult"]))
    }

    private static func flag(_ element: XMLTree?) throws(Malformed) -> Bool {
        guard let element else { return false }
        switch element.text.lowercased() {
        case "0", "", "false", "unspecified": return false
        case "1", "true": return true
        default:
            throw Malformed(line: element.line, .badValue("<difficult>", found: element.text, expected: "0 or 1"))
        }
    }
}
