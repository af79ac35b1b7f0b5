import CVCore

/// Lists the images of a tar file: those of the class folders inside the one folder that holds them.
///
/// That folder may be at any depth, as in `cifar10/train/<class>/<image>`; a second one is an error, since it is most often
/// the other part of a data set.
struct TarListing {
    private let file: RandomAccessFile

    /// Every entry takes a header of 512 bytes, so this is a tar of 5 GB without any content.
    private static let maxEntries = 10_000_000

    init(_ file: RandomAccessFile) { self.file = file }

    func listing() throws -> ImageListing {
        var files: [String: TarEntry] = [:]
        var folders: Set<String> = []
        var reader = TarReader(file)
        while let entry = try reader.next() {
            // Appending to a tar file replaces what has the same name: the last one counts.
            let path = Self.parts(entry.path).joined(separator: "/")
            if entry.isFolder { folders.insert(path) } else { files[path] = entry }
            guard files.count + folders.count <= Self.maxEntries else {
                throw DatasetError(file.path, .tooManyFiles(limit: Self.maxEntries))
            }
        }
        return try listing(files, folders: folders)
    }

    private func listing(_ files: [String: TarEntry], folders: Set<String>) throws -> ImageListing {
        var result = ImageListing()
        var roots: Set<String> = []
        for (path, entry) in files.sorted(by: { $0.key.precedesInBytes($1.key) }) {
            let parts = Self.parts(path)
            guard let name = parts.last, parts.count >= 2, ImageListing.isImage(name) else {
                result.ignored.add(path)
                continue
            }
            guard !path.unicodeScalars.contains("\u{FFFD}") else { throw DatasetError(file.path, .badName(path)) }
            roots.insert(parts.dropLast(2).joined(separator: "/"))
            let label = parts[parts.count - 2]
            result.images.append(
                .init(name: "\(label)/\(name)", label: label, source: .entry(offset: entry.offset, count: entry.count)))
        }
        guard roots.count <= 1 else {
            throw DatasetError(file.path, .severalRoots(roots.sorted { $0.precedesInBytes($1) }))
        }
        try checkForEmptyClasses(folders, root: roots.first ?? "", classes: Set(result.images.map(\.label)))
        return result
    }

    private func checkForEmptyClasses(_ folders: Set<String>, root: String, classes: Set<String>) throws {
        for folder in folders.sorted(by: { $0.precedesInBytes($1) }) {
            let parts = Self.parts(folder)
            guard let name = parts.last, parts.dropLast().joined(separator: "/") == root, !classes.isEmpty,
                ImageListing.isClassFolder(name), !classes.contains(name)
            else { continue }
            throw DatasetError(file.path, .emptyClass(name, found: IgnoredFiles()))
        }
    }

    /// Without "." and empty parts, as in "./cat//1.jpg".
    private static func parts(_ path: String) -> [String] {
        path.unicodeScalars.split(separator: "/").map { String($0) }.filter { $0 != "." }
    }
}
