extension FileSystem {
    /// A name in a folder, and what it stands for.
    package struct Entry: Equatable {
        /// What there may be under a name; links are followed.
        package enum Kind: Equatable {
            case file
            case folder
            /// A link whose target is missing, or that leads to itself.
            case deadLink
            /// A pipe, a socket or a device: reading it may wait for ever.
            case special
            /// The reason is a phrase for messages.
            case unknown(reason: String)
        }

        package let name: Name
        package let kind: Kind
    }

    /// What a folder holds except "." and "..", in the order of the bytes of the names.
    ///
    /// Each name is looked up by its bytes, so that the kind is known of those that are not UTF-8, too.
    package static func listing(of folder: String) -> Result<[Entry], Reason> {
        guard let stream = opendir(folder) else {
            return .failure(Reason(text: "cannot be opened: \(String(cString: strerror(errno)))"))
        }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while true {
            errno = 0
            guard let found = readdir(stream) else { break }
            let entry = withUnsafePointer(to: &found.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { name in
                    Entry(name: Name(name), kind: kind(of: name, in: dirfd(stream)))
                }
            }
            if entry.name != .name("."), entry.name != .name("..") { entries.append(entry) }
        }
        if errno != 0 { return .failure(Reason(text: "cannot be read: \(String(cString: strerror(errno)))")) }
        return .success(entries.sorted { $0.name.text.precedesInBytes($1.name.text) })
    }

    private static func kind(of name: UnsafePointer<CChar>, in folder: Int32) -> Entry.Kind {
        var status = stat()
        guard fstatat(folder, name, &status, 0) == 0 else {
            let reason = errno
            let isLink =
                fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFLNK
            return isLink && (reason == ENOENT || reason == ELOOP || reason == ENOTDIR)
                ? .deadLink : .unknown(reason: "cannot be opened: \(String(cString: strerror(reason)))")
        }
        return switch status.st_mode & S_IFMT {
        case S_IFDIR: .folder
        case S_IFREG: .file
        default: .special
        }
    }
}
