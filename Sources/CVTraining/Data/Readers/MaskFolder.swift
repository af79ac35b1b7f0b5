import CVCore
import CVSegmentation

/// Lists a folder of images and masks, of images with files of labelme, or of COCO.
struct MaskFolder {
    private let root: String

    init(_ path: String) { root = path }

    /// A folder of images and the one of their masks, and the part of the set that they are.
    private struct Pair {
        let images, masks: String
        let part: DatasetPart?
    }

    func listing(_ labels: SegmentationLabels?, unlisted: SegmentationLabels?) throws -> SegmentationListing {
        let labels = try labels ?? ownLabels() ?? unlisted
        let pairs = pairs
        guard !pairs.isEmpty else {
            let coco = COCOFolder(root)
            return try coco.files.isEmpty ? LabelmeFolder(root).listing(labels) : coco.listing(labels)
        }
        var result = SegmentationListing(labels: labels)
        for pair in pairs { try add(pair, to: &result) }
        try addUnused(pairs, to: &result)
        return result
    }

    /// Of `classes.txt` or `labels.txt`, if there is one.
    private func ownLabels() throws -> SegmentationLabels? {
        let path = ["classes.txt", "labels.txt"].map { FileSystem.join(root, $0) }.first {
            FileSystem.kind(of: $0) == .file
        }
        return try path.map { try SegmentationLabels(contentsOf: $0) }
    }

    /// The names that folders of parts have.
    private static let parts: [(name: String, part: DatasetPart)] = [
        ("train", .train), ("val", .validation), ("valid", .validation), ("test", .test),
    ]

    private var pairs: [Pair] {
        func existing(_ images: String, _ masks: String, _ part: DatasetPart?) -> Pair? {
            let areThere = [images, masks].allSatisfy { FileSystem.kind(of: FileSystem.join(root, $0)) == .folder }
            return areThere ? Pair(images: images, masks: masks, part: part) : nil
        }
        if let whole = existing("images", "masks", nil) { return [whole] }
        return Self.parts.compactMap { name, part in
            existing("\(name)/images", "\(name)/masks", part) ?? existing(name, "\(name)annot", part)
        }
    }

    /// Adds images and masks that have the same path but for the suffix.
    private func add(_ pair: Pair, to result: inout SegmentationListing) throws {
        var unread: Set<String> = []
        let images = try files(of: pair.images, &result.skipped) { path, skipped in
            let reason = ImageListing.reasonToSkip(FileSystem.name(of: path))
            if let reason { skipped.add("\(pair.images)/\(path)", reason) }
            if reason == .unreadFormat { unread.insert(FileTree.stem(of: path)) }
            return reason == nil
        }
        var masks = try files(of: pair.masks, &result.skipped) { path, skipped in
            let isPNG = FileSystem.suffix(of: path)?.lowercased() == "png"
            if !isPNG { skipped.add("\(pair.masks)/\(path)", .notAMask) }
            return isPNG
        }
        for (stem, name) in images.sorted(by: { $0.value.precedesInBytes($1.value) }) {
            let image = FileSystem.join(pair.images, name)
            guard let mask = masks.removeValue(forKey: stem) else {
                let expected = FileSystem.join(pair.masks, stem.path + ".png")
                result.lose(DatasetDefect(image, .noMask(expected: expected)), pair.part, .none)
                continue
            }
            result.items.append(
                .init(
                    name: image, part: pair.part, image: .file(FileSystem.join(root, image)),
                    annotation: .mask(FileSystem.join(root, FileSystem.join(pair.masks, mask)))))
        }
        // The masks of images in other formats are left out with these.
        for (stem, name) in masks.sorted(by: { $0.key < $1.key }) where !unread.contains(stem.path) {
            let mask = FileSystem.join(pair.masks, name)
            result.lose(
                DatasetDefect(mask, .noImage(in: pair.images)), pair.part, .mask(FileSystem.join(root, mask)))
        }
    }

    /// Paths from the folder on, by what they are without their suffixes.
    private func files(
        of folder: String, _ skipped: inout SkippedFiles,
        where isWanted: (_ path: String, _ skipped: inout SkippedFiles) -> Bool
    ) throws -> [PathKey: String] {
        var result: [PathKey: String] = [:]
        let tree = try FileTree(FileSystem.join(root, folder), of: root, prefix: "\(folder)/", skipped: &skipped)
        for path in tree.files where isWanted(path, &skipped) {
            if let other = result.updateValue(path, forKey: PathKey(FileTree.stem(of: path))) {
                throw DatasetError(root, .sameStem(folder: folder, [other, path]))
            }
        }
        return result
    }

    /// Names images that are in none of the folders of the layout, as in `val/images` beside a misnamed `val/mask`.
    private func addUnused(_ pairs: [Pair], to result: inout SegmentationListing) throws {
        var ignored = SkippedFiles()
        let used = pairs.flatMap { [$0.images + "/", $0.masks + "/"] }
        var folders: Set<PathKey> = []
        for path in try FileTree(root, of: root, skipped: &ignored).files {
            guard ImageListing.reasonToSkip(FileSystem.name(of: path)) != .notAnImage,
                !used.contains(where: { path.utf8.starts(with: $0.utf8) })
            else { continue }
            let folder = FileSystem.folder(of: path)
            if folder == "." {
                result.skipped.add(path, .noAnnotation)
            } else if folders.insert(PathKey(folder)).inserted {
                result.skipped.add(folder, .unusedFolder)
            }
        }
    }
}
