import CVCore
import CVSegmentation

/// Lists a folder of images and masks, or of images with files of labelme.
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
        guard !pairs.isEmpty else { return try LabelmeFolder(root).listing(labels) }
        var result = SegmentationListing(labels: labels)
        for pair in pairs { try add(pair, to: &result) }
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

    /// Adds images and masks that have the same name but for the suffix.
    private func add(_ pair: Pair, to result: inout SegmentationListing) throws {
        let images = try files(of: pair.images) { ImageListing.isImage($0) }
        var masks = try files(of: pair.masks) { !$0.hasPrefix(".") && $0.lowercased().hasSuffix(".png") }
        for (stem, name) in images.sorted(by: { $0.value < $1.value }) {
            let image = FileSystem.join(pair.images, name)
            guard let mask = masks.removeValue(forKey: stem) else {
                let expected = FileSystem.join(pair.masks, stem + ".png")
                result.defects.append(DatasetDefect(image, .noMask(expected: expected)))
                continue
            }
            result.items.append(
                .init(
                    name: image, part: pair.part, image: .file(FileSystem.join(root, image)),
                    annotation: .mask(FileSystem.join(root, FileSystem.join(pair.masks, mask)))))
        }
        for name in masks.values.sorted() {
            result.defects.append(DatasetDefect(FileSystem.join(pair.masks, name), .noImage(in: pair.images)))
        }
    }

    /// File names by their stems.
    private func files(of folder: String, where isWanted: (String) -> Bool) throws -> [String: String] {
        var result: [String: String] = [:]
        for name in try FileSystem.names(in: FileSystem.join(root, folder), of: root) where isWanted(name) {
            if let other = result.updateValue(name, forKey: FileSystem.stem(of: name)) {
                throw DatasetError(root, .sameStem(folder: folder, [other, name]))
            }
        }
        return result
    }
}

extension FileSystem {
    /// The names of what is in a folder of the set `root`.
    static func names(in folder: String, of root: String) throws(DatasetError) -> [String] {
        let entries: [Name]
        switch FileSystem.entries(of: folder) {
        case .success(let names): entries = names
        case .failure(let reason): throw DatasetError(root, .unreadableFolder(folder, reason: reason.text))
        }
        var names: [String] = []
        for entry in entries {
            guard case .name(let name) = entry else { throw DatasetError(root, .badName(entry.text)) }
            names.append(name)
        }
        return names
    }
}
