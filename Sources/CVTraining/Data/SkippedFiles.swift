import CVCore

/// What a reader found beside the images of a data set and does not use: counted by reason, the first few named.
public struct SkippedFiles: Sendable, Equatable {
    /// Why a file or a folder is not used.
    public enum Reason: Sendable, Hashable, CaseIterable {
        /// Not an image by its name: another suffix, or a dot at the start.
        case notAnImage
        /// An image by its suffix, in a format that is not read, such as HEIC.
        case unreadFormat
        /// An image beside the class folders, not in one.
        case outsideClasses
        /// A link, of a folder or inside a tar file, whose target is missing.
        case deadLink
        /// The name is not valid UTF-8.
        case badName
        /// A pipe, a socket, a device.
        case notAFile
        /// A link to a folder that it is in.
        case folderLoop
        /// A folder that has no part in the layout of the set.
        case unusedFolder
        /// An image without a mask or annotation, where those without are left out.
        case noAnnotation
        /// An image that has no mask of its name.
        case noMask
        /// A mask or an annotation whose image is not there.
        case noImage
        /// An annotation of an image that is not listed.
        case unlistedImage
        /// A file beside masks that is not a PNG.
        case notAMask
        /// A shape that has no area, such as a point or a line.
        case noArea
        /// An annotated image that no list assigns to a part.
        case inNoList
        /// An image that a list has twice: it counts once.
        case listedTwice

        /// Whether an image is lost by it; else the file has nothing to do with the set.
        public var losesImages: Bool { self != .notAnImage && self != .notAMask }
    }

    /// All that was skipped for one reason.
    public struct Group: Sendable, Equatable {
        /// Why it was skipped.
        public let reason: Reason
        /// How many files or folders.
        public fileprivate(set) var count = 0
        /// The names of the first, at most five.
        public fileprivate(set) var examples: [String] = []
    }

    /// In the order of the reasons; those without a file are left out.
    public private(set) var groups: [Group] = []

    /// Nothing skipped.
    public init() {}

    /// The number of files and folders, whatever the reason.
    public var count: Int { groups.reduce(0) { $0 + $1.count } }
    /// The number of those that are, or hold, images of the set.
    public var lost: Int { groups.filter(\.reason.losesImages).reduce(0) { $0 + $1.count } }

    private static let mostExamples = 5

    mutating func add(_ name: String, _ reason: Reason) { add([name], count: 1, reason) }

    mutating func add(_ others: SkippedFiles) {
        for group in others.groups { add(group.examples, count: group.count, group.reason) }
    }

    private mutating func add(_ names: [String], count: Int, _ reason: Reason) {
        let order = Reason.allCases
        let position =
            groups.firstIndex { $0.reason == reason }
            ?? {
                let rank = order.firstIndex(of: reason)!
                let place = groups.firstIndex { order.firstIndex(of: $0.reason)! > rank } ?? groups.count
                groups.insert(Group(reason: reason), at: place)
                return place
            }()
        groups[position].count += count
        groups[position].examples += names.prefix(max(0, Self.mostExamples - groups[position].examples.count))
    }
}

extension SkippedFiles.Group: CustomStringConvertible {
    /// `2 images in a format that is not read: "a/1.heic", "a/2.webp"; convert them to JPEG or PNG`.
    public var description: String { "\(phrase): \(names)" + (reason.advice.map { "; \($0)" } ?? "") }

    /// `2 images in a format that is not read`.
    var phrase: String {
        let (one, many) = reason.phrases
        return count == 1 ? "1 \(one)" : "\(count) \(many)"
    }

    /// `"a", "b" and 5 more`.
    var names: String {
        examples.map { quoted($0) }.joined(separator: ", ")
            + (count > examples.count ? " and \(count - examples.count) more" : "")
    }
}

extension SkippedFiles.Reason {
    /// What one is called, and several.
    fileprivate var phrases: (one: String, many: String) {
        switch self {
        case .notAnImage: ("file that is not an image by its name", "files that are not images by their names")
        case .unreadFormat: ("image in a format that is not read", "images in a format that is not read")
        case .outsideClasses: ("image in no class folder", "images in no class folder")
        case .deadLink: ("link whose target is missing", "links whose targets are missing")
        case .badName: ("name that is not valid UTF-8", "names that are not valid UTF-8")
        case .notAFile: ("pipe, socket or device", "pipes, sockets or devices")
        case .folderLoop: ("link to a folder above it", "links to folders above them")
        case .unusedFolder: ("folder that has no part in the set", "folders that have no part in the set")
        case .noAnnotation: ("image without an annotation", "images without an annotation")
        case .noMask: ("image without a mask", "images without a mask")
        case .noImage: ("mask or annotation whose image is missing", "masks or annotations whose images are missing")
        case .unlistedImage:
            ("annotation of an image that is not listed", "annotations of images that are not listed")
        case .notAMask: ("file beside masks that is not a PNG", "files beside masks that are not PNGs")
        case .noArea: ("shape without an area", "shapes without an area")
        case .inNoList:
            ("annotated image that is in no list of a part", "annotated images that are in no list of a part")
        case .listedTwice: ("image that is listed twice", "images that are listed twice")
        }
    }

    /// What to do about it; nil for what has nothing to do with the set.
    fileprivate var advice: String? {
        switch self {
        case .notAnImage, .outsideClasses, .notAFile, .folderLoop, .noAnnotation, .noMask, .noImage, .notAMask, .noArea:
            nil
        case .inNoList: "add them to a list of ImageSets"
        case .unreadFormat: "convert to JPEG or PNG"
        case .deadLink: "mend or remove"
        case .badName: "rename"
        case .unusedFolder: "check the names of the folders"
        case .unlistedImage: "check the list of images"
        case .listedTwice: "they count once"
        }
    }
}
