import CVCore

/// Lists the images of a tar file: those of the class folders inside the one folder that holds them.
///
/// That folder may be at any depth, as in `cifar10/train/<class>/<image>`; a second one is an error, since it is most often
/// the other part of a data set. Folders inside a class folder belong to the class, if it has images of its own.
struct TarListing {
    private let file: RandomAccessFile

    /// Every entry takes a header of 512 bytes, so this is a tar of 5 GB without any content.
    private static let maxEntries = 10_000_000

    init(_ file: RandomAccessFile) { self.file = file }

    /// What is not an image.
    private struct Other {
        let parts: [String]
        let reason: SkippedFiles.Reason

        var path: String { parts.joined(separator: "/") }
    }

    func listing() throws -> ImageListing {
        let contents = try TarContents(file, maxEntries: Self.maxEntries)
        var others =
            contents.deadLinks.map { Other(parts: TarContents.parts($0.path), reason: .deadLink) }
            + contents.special.map { Other(parts: TarContents.parts($0.path), reason: .notAFile) }
            + contents.loops.map { Other(parts: TarContents.parts($0.path), reason: .folderLoop) }
        var found: [(parts: [String], source: ImageDataset.ImageSource)] = []
        for (path, content) in contents.files.sorted(by: { $0.key < $1.key }) {
            let parts = TarContents.parts(path.path)
            let isHidden = parts.dropLast().contains { !ImageListing.isClassFolder($0) }
            if let reason = isHidden ? .notAnImage : ImageListing.reasonToSkip(parts.last ?? "") {
                others.append(Other(parts: parts, reason: reason))
            } else if parts.count < 2 {
                others.append(Other(parts: parts, reason: .outsideClasses))
            } else if path.path.unicodeScalars.contains("\u{FFFD}") {
                throw DatasetError(file.path, .badName(path.path))
            } else {
                found.append((parts, .entry(offset: content.offset, count: content.count)))
            }
        }
        let root = try root(of: found.map(\.parts))
        var result = ImageListing()
        for other in others { result.skipped.add(other.path, other.reason) }
        for (parts, source) in found { add(parts.dropFirst(root.count), source, to: &result) }
        try checkForEmptyClasses(
            contents.folders.map { TarContents.parts($0.path) }, others, root: root,
            Set(result.images.map { .init($0.label) }))
        return result
    }

    /// - Parameter names: from the class folder on.
    private func add(_ names: ArraySlice<String>, _ source: ImageDataset.ImageSource, to result: inout ImageListing) {
        guard let label = names.first else { return }
        result.images.append(.init(name: names.joined(separator: "/"), label: label, source: source))
        let folder = names.prefix(2).joined(separator: "/")
        if names.count > 2, result.nestedFolders.last.map({ !$0.hasSameBytes(as: folder) }) ?? true {
            result.nestedFolders.append(folder)
        }
    }

    /// The folder of the class folders: that of the images that are least deep, if all others are below it, and in classes
    /// that have images at that depth.
    private func root(of images: [[String]]) throws(DatasetError) -> [String] {
        guard let first = images.min(by: { $0.count < $1.count }) else { return [] }
        let root = Array(first.dropLast(2))
        let classes = Set(images.filter { $0.count == first.count }.map { PathKey($0[root.count]) })
        let isOne = images.allSatisfy { parts in
            zip(root, parts).allSatisfy { $0.hasSameBytes(as: $1) } && classes.contains(PathKey(parts[root.count]))
        }
        guard isOne else {
            let roots = Set(images.map { PathKey($0.dropLast(2).joined(separator: "/")) })
            throw DatasetError(file.path, .severalRoots(roots.sorted().map(\.path)))
        }
        return root
    }

    /// A folder beside the class folders that has no images is a class that would vanish.
    private func checkForEmptyClasses(
        _ folders: [[String]], _ others: [Other], root: [String], _ classes: Set<PathKey>
    ) throws(DatasetError) {
        guard !classes.isEmpty else { return }
        /// The name of the folder beside the class folders that something is in, or is.
        func topFolder(_ parts: ArraySlice<String>) -> PathKey? {
            guard zip(root, parts).allSatisfy({ $0.hasSameBytes(as: $1) }) else { return nil }
            return parts.dropFirst(root.count).first.map { PathKey($0) }
        }
        let names = Set(
            folders.compactMap { topFolder($0[...]) } + others.compactMap { topFolder($0.parts.dropLast()) })
        for name in names.sorted() where ImageListing.isClassFolder(name.path) && !classes.contains(name) {
            var skipped = SkippedFiles()
            for other in others where topFolder(other.parts.dropLast()) == name {
                skipped.add(other.path, other.reason)
            }
            throw DatasetError(file.path, .emptyClass(name.path, found: skipped))
        }
    }
}
