/// Writes whole files atomically: a reader observes the old content or the new, never a part.
package enum FileOutput {
    /// Writes `bytes` to a temporary file beside `path`, then renames it.
    ///
    /// Without `overwrite`, an existing file is an error and stays unchanged. A device or pipe at `path`
    /// (`/dev/stdout`) is written to directly: it cannot be replaced by a file.
    package static func write(_ bytes: [UInt8], to path: String, overwrite: Bool = false) throws(FileError) {
        var target = path
        switch kind(of: path) {
        case .missing: break
        case .directory: throw FileError(path, .isDirectory)
        case .other: return try writeDirectly(bytes, to: path)
        case .regular:
            guard overwrite else { throw FileError(path, .exists) }
            // Follow a link, so that its target is replaced rather than the link.
            target = resolved(path)
        }
        let temporary = "\(target).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(path, .cannotWrite(reason: FileError.lastReason())) }
        var problem = writeAll(bytes, to: descriptor)
        if close(descriptor) != 0, problem == nil { problem = FileError.lastReason() }
        if let problem {
            unlink(temporary)
            throw FileError(path, .cannotWrite(reason: problem))
        }
        try move(temporary, to: target, overwrite: overwrite)
    }

    /// Throws the error that `write` would throw for an existing target or for a missing or read-only folder.
    ///
    /// To be called before long work.
    package static func checkWritable(_ path: String, overwrite: Bool = false) throws(FileError) {
        switch kind(of: path) {
        case .directory: throw FileError(path, .isDirectory)
        case .regular where !overwrite: throw FileError(path, .exists)
        case .other: return
        case .missing, .regular: break
        }
        // By scalars: a slash followed by a combining accent is one `Character`, but still a slash to the system.
        let slash = path.unicodeScalars.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard access(folder, W_OK | X_OK) == 0 else {
            throw FileError(path, .cannotWrite(reason: FileError.lastReason()))
        }
    }

    private enum Kind { case missing, regular, directory, other }

    private static func kind(of path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .regular
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func move(_ temporary: String, to path: String, overwrite: Bool) throws(FileError) {
        if overwrite {
            if rename(temporary, path) == 0 { return }
        } else {
            // link() fails if the name exists, where rename() would replace it: no race with another writer.
            if link(temporary, path) == 0 {
                unlink(temporary)
                return
            }
            // Some file systems have no hard links.
            if errno != EEXIST, access(path, F_OK) != 0, rename(temporary, path) == 0 { return }
        }
        let reason = errno
        unlink(temporary)
        throw FileError(path, reason == EEXIST ? .exists : .cannotWrite(reason: String(cString: strerror(reason))))
    }

    private static func writeDirectly(_ bytes: [UInt8], to path: String) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, .cannotOpen(reason: FileError.lastReason())) }
        defer { close(descriptor) }
        if let problem = writeAll(bytes, to: descriptor) { throw FileError(path, .cannotWrite(reason: problem)) }
    }

    /// Nil, or the error message of the system.
    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> String? {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let wrote = FileInput.retrying {
                    systemWrite(descriptor, buffer.baseAddress! + done, buffer.count - done)
                }
                if wrote <= 0 { return FileError.lastReason() }
                done += wrote
            }
            return nil
        }
    }
}
