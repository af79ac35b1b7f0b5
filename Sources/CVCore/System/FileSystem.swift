/// Queries of the file system. File names are bytes and need not be UTF-8.
package enum FileSystem {
    /// The kind of a file.
    package enum Kind: Equatable {
        case file
        case folder
        /// No such file; the reason is a phrase for messages.
        case none(reason: String)
    }

    /// A name in a folder. `undecodable` contains replacement characters and cannot be opened.
    package enum Name: Equatable {
        case name(String)
        case undecodable(String)

        package var text: String {
            switch self {
            case .name(let text), .undecodable(let text): text
            }
        }

        init(_ bytes: UnsafePointer<CChar>) {
            if let text = String(validatingCString: bytes) {
                self = .name(text)
            } else {
                self = .undecodable(String(cString: bytes))
            }
        }
    }

    /// Identifies a file: equal for two paths to the same file.
    package struct Identity: Hashable {
        package let device: UInt64
        package let number: UInt64
    }

    /// An error message of the system.
    package struct Reason: Error { package let text: String }

    package static let badNameMessage = "its name is not valid UTF-8: rename it"

    /// The kind of the file at `path`; links are followed.
    package static func kind(of path: String) -> Kind {
        guard let status = status(of: path) else {
            let hint = path.unicodeScalars.contains("\u{FFFD}") ? " (\(badNameMessage))" : ""
            return .none(reason: "cannot be opened: \(String(cString: strerror(errno)))" + hint)
        }
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
    }

    /// Removes a file; one that is not there, or may not be removed, stays as it is.
    package static func removeFile(_ path: String) { unlink(path) }

    /// The identity of the file at `path`; nil if there is none.
    package static func identity(of path: String) -> Identity? {
        status(of: path).map { Identity(device: UInt64(truncatingIfNeeded: $0.st_dev), number: UInt64($0.st_ino)) }
    }

    /// The size of the file at `path` in bytes, links followed; nil if there is none.
    package static func size(of path: String) -> Int? { status(of: path).map { Int($0.st_size) } }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    /// The names in a folder except "." and "..", in the order of their bytes.
    package static func entries(of folder: String) -> Result<[Name], Reason> {
        guard let stream = opendir(folder) else {
            return .failure(Reason(text: "cannot be opened: \(String(cString: strerror(errno)))"))
        }
        defer { closedir(stream) }
        var names: [Name] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { Name($0) }
            }
            if name != .name("."), name != .name("..") { names.append(name) }
        }
        if errno != 0 { return .failure(Reason(text: "cannot be read: \(String(cString: strerror(errno)))")) }
        return .success(names.sorted { $0.text.precedesInBytes($1.text) })
    }

    /// The paths that match a shell pattern, sorted; folders that cannot be read match nothing.
    package static func matches(of pattern: String) -> [Name] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { Name($0) } }
            .sorted { $0.text.precedesInBytes($1.text) }
    }

    /// Creates a folder and its parents, as `mkdir -p`.
    package static func createFolder(_ path: String) throws(FileError) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        switch kind(of: path) {
        case .folder: return
        case .file: throw FileError(path, .cannotWrite(reason: String(cString: strerror(ENOTDIR))))
        case .none: break
        }
        let parent = folder(of: path)
        if parent != path { try createFolder(parent) }
        // Another process may have created it in the meantime.
        if mkdir(path, 0o777) != 0, kind(of: path) != .folder {
            throw FileError(path, .cannotWrite(reason: String(cString: strerror(errno))))
        }
    }

    // Paths as text. By scalars, because a slash followed by a combining character is not "/" as a `Character`.

    /// Joins a folder and a name with a slash.
    package static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// The part after the last slash.
    package static func name(of path: String) -> String {
        let scalars = path.unicodeScalars
        return scalars.lastIndex(of: "/").map { String(scalars[scalars.index(after: $0)...]) } ?? path
    }

    /// The part before the last slash; "." if there is none.
    package static func folder(of path: String) -> String {
        let scalars = path.unicodeScalars
        guard let slash = scalars.lastIndex(of: "/") else { return "." }
        return slash == scalars.startIndex ? "/" : String(scalars[..<slash])
    }

    /// The part after the last dot of the name, if the parts before and after it are not empty.
    package static func suffix(of path: String) -> String? {
        let name = name(of: path).unicodeScalars
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        let suffix = name[name.index(after: dot)...]
        return suffix.isEmpty ? nil : String(suffix)
    }

    /// The name without its folder and suffix.
    package static func stem(of path: String) -> String {
        let name = name(of: path)
        guard let suffix = suffix(of: path) else { return name }
        return String(name.unicodeScalars.dropLast(suffix.unicodeScalars.count + 1))
    }
}
