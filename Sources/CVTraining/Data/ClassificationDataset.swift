import CVCore
import CVImage
import CVWeights

/// Pictures, each of one class: a folder of class folders, a tar file of such a folder, or a CSV list.
///
///     animals/cat/001.jpg          path,label
///     animals/cat/002.png          photos/1.jpg,cat
///     animals/dog/001.jpg          photos/2.jpg,dog
///
/// Nothing is decoded here: `decoded(for:)` does that, once, for all of them.
///
/// ```swift
/// let dataset = try ClassificationDataset(contentsOf: "animals")
/// let pictures = try dataset.decoded(for: Preprocessing(width: 32, height: 32, resize: .crop))
/// let split = try pictures.split(holdout: 0.1, seed: 1)
/// let preprocessing = try pictures.normalization(over: split.train)
/// let loader = BatchLoader(
///     pictures, items: split.train, batchSize: 128, preprocessing: preprocessing,
///     augmentation: try AugmentationRecipe("shift=0.125,mirror@0.5").pipeline, seed: 1, shuffles: true)
/// let batches = loader.batches(epoch: 0)
/// while let batch = try batches.next() { … }
/// ```
public struct ClassificationDataset: Sendable {
    /// One picture.
    public struct Item: Sendable, Hashable {
        /// "<class>/<file>": what it is called in messages, and what the split draws lots with.
        public let name: String
        /// Its place in `classes`.
        public let label: Int
        /// The part of the set that a list puts it in; nil where the split decides.
        public let part: DatasetPart?
        let source: Source
    }

    /// Where a picture's bytes are.
    enum Source: Sendable, Hashable {
        case file(String)
        case entry(offset: Int, count: Int)
    }

    /// What it was read from.
    public let path: String
    /// In the order of their bytes, or as the caller gave them.
    public let classes: [String]
    /// In the order of the bytes of their names.
    public let items: [Item]
    /// Files beside the pictures that are none by their suffix.
    public let ignored: IgnoredFiles
    private let tar: RandomAccessFile?

    /// Reads the names and classes of what is at `path`: a folder, a `.csv` list, or else a tar file.
    ///
    /// - Parameter classes: the classes that the set must have, such as the labels of a network that is to be
    ///   evaluated; nil for those that are found, of which there must be two.
    /// - Throws: `DatasetError`, `TarError`, `FileError`.
    public init(contentsOf path: String, classes: [String]? = nil) throws {
        switch FileSystem.kind(of: path) {
        case .none(let reason): throw DatasetError(path, .nothingThere(reason: reason))
        case .folder: try self.init(path, FolderListing(path).listing(), tar: nil, classes: classes)
        case .file where FileSystem.suffix(of: path)?.lowercased() == "csv":
            try self.init(path, ListFile(path).listing(), tar: nil, classes: classes)
        case .file:
            let file = try RandomAccessFile(path)
            try self.init(path, TarListing(file).listing(), tar: file, classes: classes)
        }
    }

    /// Pictures without classes: all are of one. path: where they were found, for messages.
    public init(files: [String], of path: String) {
        self.path = path
        classes = ["picture"]
        items = files.map { Item(name: $0, label: 0, part: nil, source: .file($0)) }.sorted {
            $0.name.precedesInBytes($1.name)
        }
        ignored = IgnoredFiles()
        tar = nil
    }

    private init(_ path: String, _ listing: ImageListing, tar: RandomAccessFile?, classes: [String]?) throws {
        self.path = path
        self.tar = tar
        ignored = listing.ignored
        let found = Set(listing.images.map(\.label)).sorted { $0.precedesInBytes($1) }
        if let classes {
            if let difference = ClassDifference(expected: classes, found: found) {
                throw DatasetError(path, .otherClasses(difference))
            }
        } else if found.count < 2 {
            throw DatasetError(path, .tooFewClasses(found, ignored: ignored))
        }
        try Self.checkLimits(found, path)
        let names = classes ?? found
        self.classes = names
        let numbers = Dictionary(zip(names, names.indices)) { first, _ in first }
        items = listing.images.map {
            Item(name: $0.name, label: numbers[$0.label] ?? 0, part: $0.part, source: $0.source)
        }.sorted { $0.name.precedesInBytes($1.name) }
    }

    /// Weights that are learnt from the set must be readable afterwards, with the names of its classes.
    private static func checkLimits(_ classes: [String], _ path: String) throws(DatasetError) {
        guard classes.count <= WeightsMetadata.maxLabels else {
            throw DatasetError(path, .tooManyClasses(classes.count, limit: WeightsMetadata.maxLabels))
        }
        let limit = WeightsMetadata.maxLabelBytes
        if let name = classes.first(where: { $0.utf8.count > limit }) {
            throw DatasetError(path, .longClassName(name, bytes: name.utf8.count, limit: limit))
        }
    }

    /// How many pictures each class has.
    public var counts: [Int] { items.countsByLabel(classes: classes.count) }

    /// The bytes of a picture's file.
    ///
    /// - Throws: `FileError`.
    public func bytes(of item: Item, maxBytes: Int = DecodingOptions().maxFileBytes) throws(FileError) -> [UInt8] {
        switch item.source {
        case .file(let path): return try FileInput.read(path, maxBytes: maxBytes)
        case .entry(let offset, let count):
            guard count <= maxBytes else {
                throw FileError("\(path): \(item.name)", .tooLarge(bytes: count, limit: maxBytes))
            }
            guard let tar else { preconditionFailure("\(item.name): not of this set, which is no tar file") }
            return try tar.read(at: offset, count: count)
        }
    }

    /// A picture, decoded.
    ///
    /// - Throws: `FileError`, `ImageError`.
    public func image(of item: Item, options: DecodingOptions = DecodingOptions()) throws -> Image {
        try Image(data: bytes(of: item, maxBytes: options.maxFileBytes), options: options, name: item.name)
    }
}

/// Files that were passed over, and the names of the first few.
public struct IgnoredFiles: Sendable, Equatable {
    public private(set) var count = 0
    public private(set) var examples: [String] = []

    mutating func add(_ name: String) {
        count += 1
        if examples.count < Self.most { examples.append(name) }
    }

    mutating func add(_ others: IgnoredFiles) {
        count += others.count
        examples += others.examples.prefix(max(0, Self.most - examples.count))
    }

    private static let most = 5
}

/// What the readers of folders, tar files and lists find.
package struct ImageListing {
    struct Entry {
        let name, label: String
        var part: DatasetPart?
        let source: ClassificationDataset.Source
    }

    var images: [Entry] = []
    var ignored = IgnoredFiles()

    /// JPEG and PNG by the suffix, but not what starts with a dot: macOS leaves "._photo.jpg" beside each photograph.
    package static func isImage(_ fileName: String) -> Bool {
        guard !fileName.hasPrefix("."), let suffix = FileSystem.suffix(of: fileName) else { return false }
        return ["jpg", "jpeg", "png"].contains(suffix.lowercased())
    }

    static func isClassFolder(_ name: String) -> Bool { !name.hasPrefix(".") && name != "__MACOSX" }
}

extension String {
    /// The order of Python's `sorted`, whatever the language: by code points, which is that of the bytes of UTF-8.
    package func precedesInBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}

extension Sequence<ClassificationDataset.Item> {
    func countsByLabel(classes: Int) -> [Int] {
        reduce(into: [Int](repeating: 0, count: classes)) { $0[$1.label] += 1 }
    }
}
