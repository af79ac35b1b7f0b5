import CVCore
import CVImage

/// What is wrong with one picture or its mask.
public struct SegmentationDefect: Sendable, Equatable {
    public struct Size: Sendable, Equatable, CustomStringConvertible {
        public let width, height: Int

        init(_ width: Int, _ height: Int) { (self.width, self.height) = (width, height) }

        public var description: String { "\(width)×\(height)" }
    }

    public enum Problem: Error, Sendable, Equatable {
        /// `expected` is the path that was looked for.
        case noMask(expected: String)
        /// Of a mask, or of a file of annotations.
        case noImage(in: String)
        case undecodable(reason: String)
        case otherSize(image: Size, mask: Size)
        /// Values of a mask that are no classes.
        case unknownValues([UInt8])
        /// A class that is none of those that are known.
        case unknownLabel(String)
    }

    /// Of the picture, or of the mask that has none.
    public let name: String
    public let problem: Problem

    init(_ name: String, _ problem: Problem) { (self.name, self.problem) = (name, problem) }
}

/// A set of pictures and masks that cannot be used as it is.
public struct SegmentationDataError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        /// Neither pictures with masks nor files of annotations.
        case unknownForm
        case noImages
        case sameStem(folder: String, [String])
        /// A list of classes.
        case badLabels(String)
        /// A file of COCO or labelme.
        case badAnnotation(String)
        /// All that was found. classes: how many there are, where that is known.
        case defects([SegmentationDefect], of: Int, classes: Int?)
        /// Those of the weights are others.
        case otherClasses(expected: [String], found: [String])
        case nothingLabeled
    }

    public let path: String
    public let problem: Problem

    public init(_ path: String, _ problem: Problem) { (self.path, self.problem) = (path, problem) }

    public var description: String { "\(path.escapedForDisplay): \(text)" }

    private var text: String {
        switch problem {
        case .unknownForm:
            "holds no pictures with masks: the folders \"images\" and \"masks\", or \"train\" and \"trainannot\" (and "
                + "\"val\", \"valannot\"), or pictures with .json files of labelme are expected, or a .json file of COCO"
        case .noImages: "holds no JPEG or PNG pictures with masks"
        case .sameStem(let folder, let names):
            "in \(quoted(folder)), \(names.map { quoted($0) }.joined(separator: " and ")) differ in their suffix only; it "
                + "is not known which belongs to the other folder's file; remove one"
        case .badLabels(let reason): "is no list of classes: \(reason)"
        case .badAnnotation(let reason): "cannot be used: \(reason)"
        case .defects(let defects, let all, let classes): Self.text(defects, all, classes)
        case .otherClasses(let expected, let found):
            "its classes are \(Self.list(found.map { quoted($0) })), but the weights know "
                + "\(Self.list(expected.map { quoted($0) })); the names must be the same, in the same order"
        case .nothingLabeled: "no pixel of its masks is of a class; all are ignored"
        }
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " and \(names.count - 12) more" : "")
    }

    private static func text(_ defects: [SegmentationDefect], _ all: Int, _ classes: Int?) -> String {
        var groups: [(title: String, members: [SegmentationDefect])] = []
        for defect in defects {
            let title = defect.problem.title
            if let position = groups.firstIndex(where: { $0.title == title }) {
                groups[position].members.append(defect)
            } else {
                groups.append((title, [defect]))
            }
        }
        let lines = groups.map { title, members in
            let examples = members.prefix(3).map { "\(quoted($0.name))\($0.problem.detail)" }.joined(separator: "; ")
            return "\n  \(members.count) \(title): \(examples)" + (members.count > 3 ? " …" : "")
        }
        let isValues = defects.contains { if case .unknownValues = $0.problem { true } else { false } }
        let known = classes.map { "0 to \($0 - 1)" } ?? "the numbers of classes"
        let hint =
            isValues ? "\n  expected are \(known), and 255 for pixels that do not count" : ""
        return "\(defects.count) of \(pluralized(all, "picture")) cannot be used:" + lines.joined() + hint
    }
}

extension SegmentationDefect.Problem {
    /// What several pictures have in common.
    fileprivate var title: String {
        switch self {
        case .noMask: "without a mask"
        case .noImage: "without a picture"
        case .undecodable: "that cannot be decoded"
        case .otherSize: "whose mask is of another size"
        case .unknownValues: "with values that are no classes"
        case .unknownLabel: "with a class that is not known"
        }
    }

    fileprivate var detail: String {
        switch self {
        case .noMask(let expected): " (expected: \(quoted(expected)))"
        case .noImage(let folder): " (looked for in \(quoted(folder)))"
        case .undecodable(let reason): " (\(reason))"
        case .otherSize(let image, let mask): " (picture \(image), mask \(mask))"
        case .unknownValues(let values):
            " (\(values.prefix(6).map { "\($0)" }.joined(separator: ", "))\(values.count > 6 ? " …" : ""))"
        case .unknownLabel(let name): " (\(quoted(name)))"
        }
    }
}

extension SegmentationDataError {
    public var category: ErrorCategory {
        switch problem {
        case .noImages: .notFound
        default: .invalid
        }
    }
}
