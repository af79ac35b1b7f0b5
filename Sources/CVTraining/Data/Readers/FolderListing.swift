import CVCore

/// Lists the images of a folder of class folders, one level deep.
struct FolderListing {
    private let root: String

    init(_ path: String) { root = path }

    func listing() throws -> ImageListing {
        var result = ImageListing()
        for name in try entries(of: root) {
            let path = FileSystem.join(root, name.text)
            guard FileSystem.kind(of: path) == .folder, ImageListing.isClassFolder(name.text) else {
                result.ignored.add(name.text)
                continue
            }
            guard case .name(let label) = name else { throw DatasetError(root, .badName(name.text)) }
            try addClass(label, folder: path, to: &result)
        }
        return result
    }

    private func addClass(_ label: String, folder: String, to result: inout ImageListing) throws {
        let count = result.images.count
        var others = IgnoredFiles()
        for name in try entries(of: folder) {
            let path = FileSystem.join(folder, name.text)
            guard ImageListing.isImage(name.text), FileSystem.kind(of: path) != .folder else {
                others.add("\(label)/\(name.text)")
                continue
            }
            guard case .name(let file) = name else { throw DatasetError(root, .badName("\(label)/\(name.text)")) }
            result.images.append(.init(name: "\(label)/\(file)", label: label, source: .file(path)))
        }
        guard result.images.count > count else { throw DatasetError(root, .emptyClass(label, found: others)) }
        result.ignored.add(others)
    }

    private func entries(of folder: String) throws -> [FileSystem.Name] {
        switch FileSystem.entries(of: folder) {
        case .success(let names): return names
        case .failure(let reason): throw DatasetError(root, .unreadableFolder(folder, reason: reason.text))
        }
    }
}
