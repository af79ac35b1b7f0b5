import CVCore
import CVImage
import CVLandmarks

/// Images with the landmarks of the one object that each shows, and what the points are.
public struct LandmarkDataset: Sendable {
    /// The images; their items have landmarks, and perhaps persons.
    public let images: ImageDataset
    /// What the points are.
    public let scheme: LandmarkScheme

    /// The number of persons; 0 if none are known.
    public var persons: Int { Set(images.items.compactMap(\.group)).count }

    /// Reads a set of one of these forms:
    ///
    ///     set/keypoints.csv       set/keypoints.json       list.csv, list.json
    ///     set/images/a.jpg        set/images/a.jpg
    ///     set/points.json
    ///
    /// A table has the columns `image,x0,y0,x1,y1,…` or `image,NAME_x,NAME_y,…`, and perhaps `person` and `split`; what `points.json`
    /// and the JSON form hold is described in the article about landmarks. Nothing is decoded here.
    ///
    /// - Parameters:
    ///   - path: a folder, or a .csv or .json file.
    ///   - persons: how it is known which images show the same person.
    /// - Throws: `DatasetError`, `FileError`.
    public init(contentsOf path: String, persons: PersonRule = .automatic) throws {
        let file = try LandmarkFile(of: path)
        let listing = try file.listing()
        let folder = FileSystem.folder(of: file.path)
        try Self.checkUnique(listing, file.path)
        let groups = persons.persons(of: listing.entries.map(\.path), given: listing.entries.map(\.person))
        var items: [ImageDataset.Item] = []
        var missing: [ListedImage] = []
        for (index, entry) in listing.entries.enumerated() {
            guard let image = Self.existing(entry.path, in: folder) else {
                missing.append(ListedImage(path: entry.path, line: entry.line ?? index + 1))
                continue
            }
            items.append(
                ImageDataset.Item(
                    name: entry.path, part: entry.part, image: .file(image), annotation: .landmarks(entry.points),
                    group: groups[index]))
        }
        guard missing.isEmpty else {
            throw DatasetError(
                file.path,
                .missingFiles(Array(missing.prefix(3)), count: missing.count, of: listing.entries.count))
        }
        guard listing.entries.contains(where: { !$0.points.isEmpty }) else { throw DatasetError(path, .noPoints) }
        scheme = listing.scheme
        images = ImageDataset(
            path, items: items, skipped: try Self.unlisted(in: folder, items: items, of: path))
    }

    private static let folderName = "images"

    private static func existing(_ name: String, in folder: String) -> String? {
        if name.hasPrefix("/") { return FileSystem.kind(of: name) == .file ? name : nil }
        return [folder, FileSystem.join(folder, folderName)].map { FileSystem.join($0, name) }.first {
            FileSystem.kind(of: $0) == .file
        }
    }

    private static func checkUnique(_ listing: LandmarkListing, _ path: String) throws(DatasetError) {
        var positions: [PathKey: Int] = [:]
        for (index, entry) in listing.entries.enumerated() {
            let position = entry.line ?? index + 1
            if let other = positions.updateValue(position, forKey: PathKey(entry.path)) {
                throw DatasetError(path, .listedTwice(entry.path, lines: [other, position]))
            }
        }
    }

    /// Images in the folder `images` that the file does not list.
    private static func unlisted(
        in folder: String, items: [ImageDataset.Item], of path: String
    ) throws(DatasetError) -> SkippedFiles {
        var skipped = SkippedFiles()
        let images = FileSystem.join(folder, folderName)
        // A list that is named by itself may be of some of the images only.
        guard FileSystem.kind(of: path) == .folder, FileSystem.kind(of: images) == .folder else { return skipped }
        let used = Set(
            items.compactMap { item -> PathKey? in
                if case .file(let path) = item.image { PathKey(path) } else { nil }
            })
        let tree = try FileTree(images, of: path, prefix: folderName + "/", skipped: &skipped)
        for file in tree.files where !used.contains(PathKey(FileSystem.join(images, file))) {
            let reason = ImageListing.reasonToSkip(FileSystem.name(of: file))
            skipped.add("\(folderName)/\(file)", reason ?? .noAnnotation)
        }
        return skipped
    }
}

extension ImageDataset.Item {
    /// The landmarks of the image's object, in pixels of the image, nil for one that is not known; empty without an object, and for
    /// images with other annotations.
    @inline(never)
    public var landmarks: [Point?] { if case .landmarks(let points) = annotation { points } else { [] } }
}
