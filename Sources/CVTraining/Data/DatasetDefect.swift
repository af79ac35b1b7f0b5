import CVCore
import CVImage

/// What is wrong with one image or its annotation.
public struct DatasetDefect: Sendable, Equatable {
    /// The size of an image, in pixels.
    public struct Size: Sendable, Equatable, CustomStringConvertible {
        /// In pixels.
        public let width, height: Int

        init(_ width: Int, _ height: Int) { (self.width, self.height) = (width, height) }

        /// `640×480`.
        public var description: String { "\(width)×\(height)" }
    }

    /// Thrown by itself if the name is not known.
    public enum Problem: Error, Sendable, Equatable {
        /// `expected` is the path that was looked for.
        case noMask(expected: String)
        /// Of a mask, or of a file of annotations.
        case noImage(in: String)
        case undecodable(reason: String)
        /// An image in a format that is not read, such as HEIC.
        case unreadFormat
        case otherSize(image: Size, mask: Size)
        /// Values of a mask that are not classes.
        case unknownValues([UInt8])
        /// Regions whose drawing would take too long; see `AnnotatedRegions.Limits`.
        case tooMuchToDraw(crossings: Int, pixels: Int)
        /// A class that is not in the list of classes.
        case unknownLabel(String)
    }

    /// Of the image, or of the mask that has none.
    public let name: String
    /// What is wrong.
    public let problem: Problem

    init(_ name: String, _ problem: Problem) { (self.name, self.problem) = (name, problem) }
}

extension DatasetDefect {
    /// Describes the defects of a set, grouped, with the first names of each group.
    ///
    /// - Parameters:
    ///   - defects: at least one.
    ///   - all: the number of images.
    ///   - classes: the number of classes, if that is known.
    /// - Returns: a line of its own for each group, after the first.
    static func text(_ defects: [DatasetDefect], of all: Int, classes: Int?) -> String {
        var groups: [(title: String, members: [DatasetDefect])] = []
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
        return "\(defects.count) of \(pluralized(all, "image")) cannot be used:" + lines.joined() + hint
    }
}

extension DatasetDefect.Problem {
    /// The title of the group.
    fileprivate var title: String {
        switch self {
        case .noMask: "without a mask"
        case .noImage: "without an image"
        case .undecodable: "that cannot be decoded"
        case .unreadFormat: "in a format that is not read; convert to JPEG or PNG"
        case .otherSize: "whose mask is of another size"
        case .unknownValues: "with values that are not classes"
        case .unknownLabel: "with a class that is not known"
        case .tooMuchToDraw: "with regions that take too long to draw"
        }
    }

    fileprivate var detail: String {
        switch self {
        case .noMask(let expected): " (expected: \(quoted(expected)))"
        case .noImage(let folder): " (looked for in \(quoted(folder)))"
        case .undecodable(let reason): " (\(reason))"
        case .unreadFormat: ""
        case .otherSize(let image, let mask): " (image \(image), mask \(mask))"
        case .unknownValues(let values):
            " (\(values.prefix(6).map { "\($0)" }.joined(separator: ", "))\(values.count > 6 ? " …" : ""))"
        case .unknownLabel(let name): " (\(quoted(name)))"
        case .tooMuchToDraw(let crossings, let pixels):
            " (polygon edges cross \(crossings) rows, \(AnnotatedRegions.Limits.crossings) are possible; regions cover "
                + "\(pixels) pixels, \(AnnotatedRegions.Limits.pixels) are possible)"
        }
    }
}
