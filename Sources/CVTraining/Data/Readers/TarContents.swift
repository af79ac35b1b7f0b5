import CVCore

/// What unpacking a tar file would give: files by their paths, with links resolved.
///
/// Paths are without "." and empty parts. Links that lead out of the tar file lead nowhere here.
struct TarContents {
    /// Where the bytes of a file are.
    struct Content: Equatable {
        let offset, count: Int
    }

    private(set) var files: [PathKey: Content] = [:]
    private(set) var folders: Set<PathKey> = []
    /// Links whose target is not in the tar file, sorted.
    private(set) var deadLinks: [PathKey] = []
    /// Devices and pipes, sorted.
    private(set) var special: [PathKey] = []
    /// Links to a folder that they are in, sorted.
    private(set) var loops: [PathKey] = []

    /// As of Linux.
    private static let mostLinksInPath = 40

    /// - Parameters:
    ///   - file: the tar file.
    ///   - maxEntries: the largest number of entries, and of files with those that links add.
    /// - Throws: `TarError`, `FileError`, or `DatasetError` beyond `maxEntries`.
    init(_ file: RandomAccessFile, maxEntries: Int) throws {
        var reader = TarReader(file)
        var links: [PathKey: String] = [:]
        var others: Set<PathKey> = []
        while let entry = try reader.next() {
            let path = Self.path(entry.path)
            // Appending to a tar file replaces what has the same name: the last one counts.
            if entry.kind != .folder { (files[path], links[path]) = (nil, nil) }
            others.remove(path)
            switch entry.kind {
            case .file(let offset, let count): files[path] = Content(offset: offset, count: count)
            case .folder: folders.insert(path)
            case .symbolicLink(let target): links[path] = target
            case .hardLink(let target):
                // Of what stands before it; its target may itself be a symbolic link.
                let target = Self.path(target)
                if let content = files[target] {
                    files[path] = content
                } else {
                    links[path] = links[target] ?? "/" + target.path
                }
            case .special: others.insert(path)
            }
            try check(links.count + others.count, maxEntries, file)
        }
        special = others.sorted()
        try resolve(links, maxEntries, file)
    }

    private func check(_ more: Int, _ limit: Int, _ file: RandomAccessFile) throws(DatasetError) {
        guard files.count + folders.count + more <= limit else {
            throw DatasetError(file.path, .tooManyFiles(limit: limit))
        }
    }

    /// Adds what links lead to.
    private mutating func resolve(
        _ links: [PathKey: String], _ limit: Int, _ file: RandomAccessFile
    ) throws(DatasetError) {
        if links.isEmpty { return }
        var known = folders
        for path in files.keys { Self.addParents(of: path.path, to: &known) }
        // Files as they are, so that the order of links plays no part.
        let originals = files.sorted { $0.key < $1.key }
        for link in links.keys.sorted() {
            switch Self.target(of: link, links) {
            case nil: deadLinks.append(link)
            case let target? where files[target] != nil: files[link] = files[target]
            case let target? where (link.path + "/").utf8.starts(with: (target.path + "/").utf8) || target.path.isEmpty:
                loops.append(link)
            case let target? where known.contains(target):
                folders.insert(link)
                let prefix = PathKey(target.path + "/")
                // In the order of bytes, what begins with the same bytes stands together.
                let start = Self.firstIndex(in: originals, from: prefix)
                for (path, content) in originals[start...] {
                    guard path.path.utf8.starts(with: prefix.path.utf8) else { break }
                    let rest = String(decoding: path.path.utf8.dropFirst(prefix.path.utf8.count), as: UTF8.self)
                    files[PathKey(link.path + "/" + rest)] = content
                }
                try check(0, limit, file)
            default: deadLinks.append(link)
            }
        }
    }

    /// The first of the sorted files whose path does not come before `path`.
    private static func firstIndex(in files: [(key: PathKey, value: Content)], from path: PathKey) -> Int {
        var (low, high) = (0, files.count)
        while low < high {
            let middle = (low + high) / 2
            if files[middle].key < path { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds the folders that a path is in.
    private static func addParents(of path: String, to folders: inout Set<PathKey>) {
        var parts = path.unicodeScalars.split(separator: "/").map { String($0) }
        while parts.count > 1 {
            parts.removeLast()
            guard folders.insert(PathKey(parts.joined(separator: "/"))).inserted else { return }
        }
    }

    /// The path that a link leads to, with the links on the way to it; nil if it leads out of the tar file or in circles.
    private static func target(of link: PathKey, _ links: [PathKey: String]) -> PathKey? {
        var rest = parts(link.path)[...]
        var (done, followed): ([String], Int) = ([], 0)
        while let part = rest.popFirst() {
            if part == ".." {
                guard done.popLast() != nil else { return nil }
                continue
            }
            done.append(part)
            guard let target = links[PathKey(done.joined(separator: "/"))] else { continue }
            followed += 1
            guard followed <= mostLinksInPath else { return nil }
            // A hard link's target is from the top, and so is a path that begins with a slash, as if unpacked there.
            if target.utf8.first == UInt8(ascii: "/") { done = [] } else { done.removeLast() }
            rest = (parts(target) + rest)[...]
        }
        return PathKey(done.joined(separator: "/"))
    }

    private static func path(_ text: String) -> PathKey { PathKey(parts(text).joined(separator: "/")) }

    /// Without "." and empty parts, as in "./cat//1.jpg".
    static func parts(_ path: String) -> [String] {
        path.unicodeScalars.split(separator: "/").map { String($0) }.filter { $0 != "." }
    }
}
