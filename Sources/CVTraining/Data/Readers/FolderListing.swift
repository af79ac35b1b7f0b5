import CVCore

/// Lists the images of a folder of class folders.
///
/// Folders inside a class folder belong to the class, as in torchvision's `ImageFolder`, if it has images of its own; else
/// it is most likely a folder of class folders itself, which is an error.
struct FolderListing {
    private let root: String

    init(_ path: String) { root = path }

    func listing() throws -> ImageListing {
        var result = ImageListing()
        for entry in try entries(of: root) {
            let name = entry.name.text
            switch entry.kind {
            case .folder where ImageListing.isClassFolder(name):
                guard case .name(let label) = entry.name else { throw DatasetError(root, .badName(name)) }
                try addClass(label, to: &result)
            // It may have been a class.
            case .deadLink where ImageListing.isClassFolder(name) && FileSystem.suffix(of: name) == nil:
                throw DatasetError(root, .deadLink(name))
            default: result.skipped.add(name, try reason(entry, in: root) ?? .outsideClasses)
            }
        }
        return result
    }

    private func addClass(_ label: String, to result: inout ImageListing) throws {
        var found = ImageListing()
        var above = [FileSystem.identity(of: root)].compactMap { $0 }
        try walk(label, label: label, above: &above, into: &found)
        guard !found.images.isEmpty else { throw DatasetError(root, .emptyClass(label, found: found.skipped)) }
        guard found.images.contains(where: { $0.name.utf8.count { $0 == UInt8(ascii: "/") } == 1 }) else {
            throw DatasetError(root, .nestedClass(label, folders: found.nestedFolders))
        }
        result.images += found.images
        result.nestedFolders += found.nestedFolders
        result.skipped.add(found.skipped)
    }

    /// Adds the images of a folder, and of those in it.
    ///
    /// - Parameters:
    ///   - name: of the folder, from the root on.
    ///   - above: the folders that it is in, which a link may lead back to.
    private func walk(
        _ name: String, label: String, above: inout [FileSystem.Identity], into result: inout ImageListing
    ) throws {
        let folder = FileSystem.join(root, name)
        guard let identity = FileSystem.identity(of: folder), !above.contains(identity) else {
            result.skipped.add(name, .folderLoop)
            return
        }
        above.append(identity)
        defer { above.removeLast() }
        for entry in try entries(of: folder) {
            let path = "\(name)/\(entry.name.text)"
            if entry.kind == .folder, ImageListing.isClassFolder(entry.name.text) {
                guard case .name = entry.name else { throw DatasetError(root, .badName(path)) }
                let count = result.images.count
                try walk(path, label: label, above: &above, into: &result)
                if result.images.count > count, name.hasSameBytes(as: label) { result.nestedFolders.append(path) }
            } else if let reason = try reason(entry, in: folder) {
                result.skipped.add(path, reason)
            } else {
                guard case .name = entry.name else { throw DatasetError(root, .badName(path)) }
                result.images.append(.init(name: path, label: label, source: .file(FileSystem.join(root, path))))
            }
        }
    }

    /// Nil for an image.
    private func reason(_ entry: FileSystem.Entry, in folder: String) throws(DatasetError) -> SkippedFiles.Reason? {
        switch entry.kind {
        case .file: return ImageListing.reasonToSkip(entry.name.text)
        // Hidden ones; others are walked.
        case .folder: return .notAnImage
        case .deadLink: return .deadLink
        case .special: return .notAFile
        case .unknown(let reason):
            throw DatasetError(root, .unreadableFolder(folder, reason: "\(quoted(entry.name.text)): \(reason)"))
        }
    }

    private func entries(of folder: String) throws(DatasetError) -> [FileSystem.Entry] {
        switch FileSystem.listing(of: folder) {
        case .success(let entries): return entries
        case .failure(let reason): throw DatasetError(root, .unreadableFolder(folder, reason: reason.text))
        }
    }
}
