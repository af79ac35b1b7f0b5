import CVCore
import CVImage
import Synchronization

/// What is found when all images of a data set are decoded and compared, whatever its task.
public struct DatasetInspection: Sendable {
    /// Something that is wrong, or may be.
    public struct Finding: Sendable, Equatable {
        /// What kind of thing it is.
        public enum Kind: String, Sendable, CaseIterable {
            /// The annotations are malformed, or contradict the images or the classes.
            case annotation
            /// A box outside of the image, empty or double.
            case box
            /// An image that cannot be decoded, or does not fit its annotation.
            case image
            /// A file that is not used.
            case file
            /// Names of classes that are most likely one.
            case classes = "class"
            /// Images that look the same.
            case duplicate
            /// Images that look the same in different parts.
            case leak
        }

        /// What kind of thing it is.
        public let kind: Kind
        /// The path of the file.
        public let file: String
        /// In that file, from 1; nil where that is not known.
        public let line: Int?
        /// What is wrong.
        public let message: String

        /// Describes a finding.
        ///
        /// - Parameters:
        ///   - kind: what kind of thing it is.
        ///   - file: the path of the file.
        ///   - line: in that file, from 1.
        ///   - message: what is wrong.
        public init(_ kind: Kind, _ file: String, line: Int? = nil, _ message: String) {
            (self.kind, self.file, self.line, self.message) = (kind, file, line, message)
        }
    }

    /// In the order of the kinds, of one kind in that of the images.
    public private(set) var findings: [Finding]
    /// Groups of images that look the same: indices of the set's items.
    public let duplicates: [[Int]]
    /// The size of each image, in pixels; nil for one that cannot be decoded.
    public let sizes: [(width: Int, height: Int)?]

    private typealias Looked = (hash: PerceptualHash?, size: (width: Int, height: Int)?, finding: Finding?)

    /// Decodes all images.
    ///
    /// - Parameters:
    ///   - dataset: of any task.
    ///   - progress: called on any thread, one call at a time, with the number of images done.
    public init(_ dataset: ImageDataset, progress: (_ done: Int) -> Void = { _ in }) {
        let items = dataset.items
        let looked = Mutex([Looked](repeating: (nil, nil, nil), count: items.count))
        let done = Mutex(0)
        Parallel.forEach(items.count) { index in
            let result = Self.look(at: items[index], of: dataset)
            looked.withLock { $0[index] = result }
            done.withLock {
                $0 += 1
                progress($0)
            }
        }
        let results = looked.withLock { $0 }
        sizes = results.map(\.size)
        duplicates = results.map(\.hash).nearDuplicates
        findings = results.compactMap(\.finding) + Self.findings(about: duplicates, items)
        for group in dataset.skipped.groups where group.reason.losesImages {
            findings.append(Finding(.file, dataset.path, "\(group)"))
        }
        sort()
    }

    private static func look(at item: ImageDataset.Item, of dataset: ImageDataset) -> Looked {
        do {
            let image = try dataset.sample(of: item).image
            return (PerceptualHash(image), (image.width, image.height), nil)
        } catch let problem as DatasetDefect.Problem {
            return (nil, nil, Finding(.image, item.place, DatasetDefect(item.name, problem).reason))
        } catch {
            return (nil, nil, Finding(.image, item.place, "\(error)"))
        }
    }

    private static func findings(about duplicates: [[Int]], _ items: [ImageDataset.Item]) -> [Finding] {
        duplicates.map { group in
            let names = group.dropFirst().prefix(4).map { quoted(items[$0].place) }
            let others = listed(names, of: group.count - 1)
            let parts = Set(group.map { items[$0].part })
            guard parts.count > 1 else {
                return Finding(.duplicate, items[group[0]].place, "looks the same as \(others)")
            }
            let text = group.prefix(5).map {
                "\(quoted(items[$0].place)) (\(items[$0].part?.rawValue ?? "in no part"))"
            }
            return Finding(
                .leak, items[group[0]].place, "the same image is in several parts: " + listed(text, of: group.count))
        }
    }

    /// Adds what a reader has found.
    ///
    /// - Parameter others: in the order of the images.
    public mutating func add(_ others: [Finding]) {
        findings += others
        sort()
    }

    private mutating func sort() {
        let order = Finding.Kind.allCases
        findings = order.flatMap { kind in findings.filter { $0.kind == kind } }
    }
}

extension DatasetInspection.Finding: CustomStringConvertible {
    /// `leak: set/a.jpg: line 3: …`.
    public var description: String {
        "\(kind.rawValue): \(file.escapedForDisplay): " + (line.map { "line \($0): " } ?? "") + message
    }
}

extension ImageDataset.Item {
    /// The path of the image's file, or its name inside another file.
    fileprivate var place: String { imageFile ?? name }
}

extension DatasetDefect {
    /// The problem without a group around it.
    fileprivate var reason: String {
        let text = DatasetDefect.text([self], of: 1, classes: nil)
        return text.split(separator: "\n").dropFirst().first.map { String($0).trimmed } ?? text
    }
}
