import CVCore

/// The files in a folder of a data set and in the folders inside it.
struct FileTree {
    /// Paths from the folder on, in the order of their bytes of each folder; hidden files are left out.
    private(set) var files: [String] = []

    private let set: String
    private static let maxFiles = 5_000_000

    /// - Parameters:
    ///   - folder: its path.
    ///   - set: the path of the data set, for errors.
    ///   - prefix: before names in `skipped`.
    ///   - skipped: links without a target, and what else is neither file nor folder, are added to it.
    /// - Throws: `DatasetError`.
    init(_ folder: String, of set: String, prefix: String = "", skipped: inout SkippedFiles) throws(DatasetError) {
        self.set = set
        var above: [FileSystem.Identity] = []
        try walk(folder, "", prefix, &above, &skipped)
    }

    private mutating func walk(
        _ folder: String, _ name: String, _ prefix: String, _ above: inout [FileSystem.Identity],
        _ skipped: inout SkippedFiles
    ) throws(DatasetError) {
        guard let identity = FileSystem.identity(of: folder), !above.contains(identity) else {
            skipped.add(prefix + name, .folderLoop)
            return
        }
        above.append(identity)
        defer { above.removeLast() }
        let entries: [FileSystem.Entry]
        switch FileSystem.listing(of: folder) {
        case .success(let found): entries = found
        case .failure(let reason): throw DatasetError(set, .unreadableFolder(folder, reason: reason.text))
        }
        for entry in entries where ImageListing.isClassFolder(entry.name.text) {
            let path = name.isEmpty ? entry.name.text : "\(name)/\(entry.name.text)"
            guard case .name(let own) = entry.name else { throw DatasetError(set, .badName(prefix + path)) }
            switch entry.kind {
            case .file:
                guard files.count < Self.maxFiles else { throw DatasetError(set, .tooManyFiles(limit: Self.maxFiles)) }
                files.append(path)
            case .folder: try walk(FileSystem.join(folder, own), path, prefix, &above, &skipped)
            case .deadLink: skipped.add(prefix + path, .deadLink)
            case .special: skipped.add(prefix + path, .notAFile)
            case .unknown(let reason):
                throw DatasetError(set, .unreadableFolder(folder, reason: "\(quoted(own)): \(reason)"))
            }
        }
    }

    /// A path without its suffix: what an image and its mask have in common.
    static func stem(of path: String) -> String {
        guard let suffix = FileSystem.suffix(of: path) else { return path }
        return String(path.unicodeScalars.dropLast(suffix.unicodeScalars.count + 1))
    }
}
