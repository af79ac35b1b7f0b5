/// What the command asks the file system. Names are bytes there and need not be UTF-8.
package enum FileSystem {
    package enum Kind: Equatable {
        case file
        case folder
        /// Why there is nothing, in a sentence's words.
        case none(reason: String)
    }

    /// A name as found. `undecodable` has replacement characters in it and opens nothing.
    package enum Name: Equatable {
        case name(String)
        case undecodable(String)

        package var text: String {
            switch self {
            case .name(let text), .undecodable(let text): text
            }
        }

        fileprivate init(_ bytes: UnsafePointer<CChar>) {
            if let text = String(validatingCString: bytes) {
                self = .name(text)
            } else {
                self = .undecodable(String(cString: bytes))
            }
        }
    }

    /// Tells whether two paths lead to the same file.
    package struct Identity: Hashable {
        package let device: UInt64
        package let number: UInt64
    }

    package struct Reason: Error { package let text: String }

    package static let badNameMessage = "its name is not valid UTF-8: rename it"

    /// Links are followed.
    package static func kind(of path: String) -> Kind {
        guard let status = status(of: path) else {
            let hint = path.unicodeScalars.contains("\u{FFFD}") ? " (\(badNameMessage))" : ""
            return .none(reason: "cannot be opened: \(String(cString: strerror(errno)))" + hint)
        }
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
    }

    package static func identity(of path: String) -> Identity? {
        status(of: path).map { Identity(device: UInt64(truncatingIfNeeded: $0.st_dev), number: UInt64($0.st_ino)) }
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    /// The names in a folder but "." and "..", sorted.
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
        return .success(names.sorted { $0.text < $1.text })
    }

    /// Paths that match a shell's pattern, sorted; folders that cannot be read match nothing.
    package static func matches(of pattern: String) -> [Name] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { Name($0) } }
            .sorted { $0.text < $1.text }
    }

    /// Makes a folder and those above it, as `mkdir -p`.
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
        // Another process may have made it in the meantime.
        if mkdir(path, 0o777) != 0, kind(of: path) != .folder {
            throw FileError(path, .cannotWrite(reason: String(cString: strerror(errno))))
        }
    }

    // Paths as text. By scalars, because a slash may carry a combining character and is then no "/" to `Character`.

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

    /// What follows the last dot of the name, if something stands before and after it.
    package static func suffix(of path: String) -> String? {
        let name = name(of: path).unicodeScalars
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        let suffix = name[name.index(after: dot)...]
        return suffix.isEmpty ? nil : String(suffix)
    }

    /// The name without folders and suffix.
    package static func stem(of path: String) -> String {
        let name = name(of: path)
        guard let suffix = suffix(of: path) else { return name }
        return String(name.unicodeScalars.dropLast(suffix.unicodeScalars.count + 1))
    }
}
