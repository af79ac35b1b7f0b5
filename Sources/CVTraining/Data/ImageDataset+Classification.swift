import CVCore
import CVWeights

extension ImageDataset {
    /// Images of one class each: a folder of class folders, a tar file of such a folder, or a CSV list.
    ///
    ///     animals/cat/001.jpg          path,label
    ///     animals/cat/002.png          photos/1.jpg,cat
    ///     animals/dog/001.jpg          photos/2.jpg,dog
    ///
    /// Nothing is decoded here: `decoded(for:)` decodes all images once. Counterpart of torchvision's `ImageFolder`.
    ///
    /// - Parameters:
    ///   - path: a folder, a `.csv` list, or else a tar file.
    ///   - classes: the classes that the set may have, such as the labels of a network that is to be evaluated, some of
    ///     them perhaps without images; nil for those that are found, of which there must be two.
    /// - Returns: a set whose items have labels; classes are in the order of their bytes, or as they were given.
    /// - Throws: `DatasetError`, `TarError`, `FileError`.
    public static func classification(contentsOf path: String, classes: [String]? = nil) throws -> ImageDataset {
        switch FileSystem.kind(of: path) {
        case .none(let reason): throw DatasetError(path, .nothingThere(reason: reason))
        case .folder: return try ImageDataset(path, FolderListing(path).listing(), classes: classes)
        case .file where FileSystem.suffix(of: path)?.lowercased() == "csv":
            return try ImageDataset(path, ListFile(path).listing(), classes: classes)
        case .file:
            let file = try RandomAccessFile(path)
            return try ImageDataset(path, TarListing(file).listing(), classes: classes, tar: file)
        }
    }

    init(_ path: String, _ listing: ImageListing, classes: [String]?, tar: RandomAccessFile? = nil) throws {
        let found = Set(listing.images.map { PathKey($0.label) }).sorted().map(\.path)
        if let classes {
            // A class that has no images here is none of the set's faults: its metrics are undefined.
            if let difference = ClassDifference(expected: classes, found: found), !difference.unknown.isEmpty {
                throw DatasetError(path, .otherClasses(difference))
            }
            if found.isEmpty { throw DatasetError(path, .tooFewClasses([], skipped: listing.skipped)) }
        } else if found.count < 2 {
            throw DatasetError(path, .tooFewClasses(found, skipped: listing.skipped))
        }
        try Self.checkLimits(found, path)
        let names = classes ?? found
        let numbers = ClassNumbers(names)
        let items = listing.images.map {
            Item(name: $0.name, part: $0.part, image: $0.source, annotation: .label(numbers[$0.label] ?? 0))
        }
        self.init(
            path, items: items, classes: names, skipped: listing.skipped, nestedFolders: listing.nestedFolders, tar: tar
        )
    }

    /// Weights that are learned from the set must be readable afterwards, with the names of its classes.
    private static func checkLimits(_ classes: [String], _ path: String) throws(DatasetError) {
        guard classes.count <= WeightsMetadata.maxLabels else {
            throw DatasetError(path, .tooManyClasses(classes.count, limit: WeightsMetadata.maxLabels))
        }
        let limit = WeightsMetadata.maxLabelBytes
        if let name = classes.first(where: { $0.utf8.count > limit }) {
            throw DatasetError(path, .longClassName(name, bytes: name.utf8.count, limit: limit))
        }
    }
}

/// What the readers of class folders, tar files and lists find.
package struct ImageListing {
    struct Entry {
        let name, label: String
        var part: DatasetPart?
        let source: ImageDataset.ImageSource
    }

    var images: [Entry] = []
    var skipped = SkippedFiles()
    /// Folders inside class folders that have images, "<class>/<folder>".
    var nestedFolders: [String] = []

    /// Whether a file is an image by its name, and if not, why it is skipped.
    ///
    /// Hidden files are none: macOS leaves "._photo.jpg" beside each photograph.
    ///
    /// - Parameter fileName: without folders.
    /// - Returns: nil for an image.
    static func reasonToSkip(_ fileName: String) -> SkippedFiles.Reason? {
        if fileName.utf8.first == UInt8(ascii: ".") { return .notAnImage }
        if ImageSuffix.isRead(fileName) { return nil }
        return ImageSuffix.isUnread(fileName) ? .unreadFormat : .notAnImage
    }

    /// Whether a file counts as an image by its name.
    ///
    /// - Parameter fileName: without folders.
    /// - Returns: true for the suffixes of JPEG and PNG, but not for a hidden file.
    package static func isImage(_ fileName: String) -> Bool { reasonToSkip(fileName) == nil }

    static func isClassFolder(_ name: String) -> Bool {
        name.utf8.first != UInt8(ascii: ".") && name != "__MACOSX"
    }
}

/// The numbers of classes by their names: by the bytes, or else by any canonically equivalent name, such as those that
/// another system has decomposed.
private struct ClassNumbers {
    private let exact: [PathKey: Int]
    private let equivalent: [String: Int]

    init(_ names: [String]) {
        exact = Dictionary(zip(names.map { PathKey($0) }, names.indices)) { first, _ in first }
        equivalent = Dictionary(zip(names, names.indices)) { first, _ in first }
    }

    subscript(name: String) -> Int? { exact[PathKey(name)] ?? equivalent[name] }
}
