import CVCore
import CVImage

/// What is wrong with an annotation of a data set for detection, and where.
public struct AnnotationDefect: Sendable, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        // What makes a set unusable.
        /// The file is not in its format; a phrase that follows the line.
        case malformed(String)
        /// An element, key or column that must be there.
        case missing(String)
        /// A value that makes no sense.
        case badValue(String, found: String, expected: String)
        /// A class that is not in the list of classes; `nearest` is one that is.
        case unknownClass(String, nearest: String?)
        /// An image or annotation that a list names, and that is not there.
        case noFile(String)
        /// An image that cannot be decoded.
        case undecodable(reason: String)
        /// The annotation says another size than the image has.
        case otherSize(stated: DatasetDefect.Size, image: DatasetDefect.Size)
        /// An image that is listed in two parts, or twice.
        case listedTwice(String, before: String)

        // What is mended.
        /// The box has no area: it is left out.
        case emptyBox(String)
        /// The box lies outside of the image: it is left out.
        case outside(String, image: DatasetDefect.Size)
        /// The box reaches out of the image: it is clipped.
        case clipped(String, image: DatasetDefect.Size)
        /// The same box of the same class was there before, on `line` where that is known: it counts once.
        case doubled(String, line: Int?)
        /// Images that are in two parts: they count to the first.
        case sharedImages(Int, first: String, parts: [DatasetPart])
    }

    /// The path of the file.
    public let file: String
    /// In that file, from 1; nil where that is not known.
    public let line: Int?
    /// What is wrong.
    public let problem: Problem

    /// Describes a defect.
    ///
    /// - Parameters:
    ///   - file: the path of the file.
    ///   - line: in that file, from 1; nil where that is not known.
    ///   - problem: what is wrong.
    public init(_ file: String, line: Int?, _ problem: Problem) {
        (self.file, self.line, self.problem) = (file, line, problem)
    }

    /// What is wrong with a part of a file, whose place is added by the reader of the whole.
    struct Malformed: Error {
        let problem: Problem

        init(_ problem: Problem) { self.problem = problem }
    }

    /// Whether the set cannot be used with it; else the box is clipped or left out.
    public var isFatal: Bool {
        switch problem {
        case .emptyBox, .outside, .clipped, .doubled, .sharedImages: false
        default: true
        }
    }
}

extension AnnotationDefect {
    /// A file that cannot be read.
    ///
    /// - Parameters:
    ///   - file: its path.
    ///   - error: what reading it threw. It may begin with the path, which the defect names already.
    init(unreadable file: String, _ error: any Error) {
        let (reason, path) = ("\(error)", file.escapedForDisplay + ": ")
        self.init(
            file, line: nil, .malformed(reason.hasPrefix(path) ? String(reason.dropFirst(path.count)) : reason))
    }

    /// What is wrong, without the place.
    var text: String { problem.text }
}

extension AnnotationDefect: CustomStringConvertible {
    /// `set/Annotations/a.xml: line 12: …`.
    public var description: String {
        file.escapedForDisplay + ": " + (line.map { "line \($0): " } ?? "") + problem.text
    }
}

extension AnnotationDefect.Problem {
    fileprivate var text: String {
        switch self {
        case .malformed(let reason): reason
        case .missing(let what): "\(what) is missing"
        case .badValue(let name, let found, let expected):
            "\(name) is \(quoted(found)), but \(expected) is expected"
        case .unknownClass(let name, let nearest):
            "the class \(quoted(name)) is not in the list of classes"
                + (nearest.map { "; did you mean \(quoted($0))?" } ?? "")
        case .noFile(let path): "\(quoted(path)) is not there"
        case .undecodable(let reason): "the image cannot be decoded: \(reason)"
        case .otherSize(let stated, let image):
            "the annotation is of an image of \(stated), but the image has \(image); boxes would be in the wrong place"
        case .listedTwice(let name, let before): "\(quoted(name)) is listed before: \(before)"
        case .emptyBox(let box): "the box \(box) has no area; it is left out"
        case .outside(let box, let image): "the box \(box) is outside of the image of \(image); it is left out"
        case .clipped(let box, let image): "the box \(box) reaches out of the image of \(image); it is clipped"
        case .doubled(let box, let line):
            "the box \(box) of the same class was there before" + (line.map { ", on line \($0)" } ?? "")
                + "; it counts once"
        case .sharedImages(let count, let first, let parts):
            "\(pluralized(count, "image")) \(count == 1 ? "is" : "are") in \(parts.map(\.rawValue).joined(separator: " and in ")), the first: "
                + "\(quoted(first)); \(count == 1 ? "it counts" : "they count") to \(parts.first?.rawValue ?? "") alone"
        }
    }
}

extension [AnnotationDefect] {
    private static let mostShown = 20

    /// A line for each of the first, after one with their number.
    var text: String {
        "\(pluralized(count, "defect")) in its annotations:" + prefix(Self.mostShown).map { "\n  \($0)" }.joined()
            + (count > Self.mostShown ? "\n  and \(count - Self.mostShown) more" : "")
    }
}
