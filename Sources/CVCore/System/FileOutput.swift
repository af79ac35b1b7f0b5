/// Writes whole files atomically: a reader observes the old content or the new, never a part.
package enum FileOutput {
    /// Writes `bytes` to a temporary file beside `path`, then renames it.
    ///
    /// The bytes are on the disk before the name is: after a loss of power the file is the old one or the new one.
    /// Without `overwrite`, an existing file is an error and stays unchanged. A device or pipe at `path`
    /// (`/dev/stdout`) is written to directly: it cannot be replaced by a file.
    package static func write(_ bytes: [UInt8], to path: String, overwrite: Bool = false) throws(FileError) {
        var target = path
        switch kind(of: path) {
        case .missing: break
        case .unusable(let reason): throw FileError(path, .cannotWrite(reason: reason))
        case .directory: throw FileError(path, .isDirectory)
        case .other: return try writeDirectly(bytes, to: path)
        case .regular:
            guard overwrite else { throw FileError(path, .exists) }
            // Follow a link, so that its target is replaced rather than the link.
            target = resolved(path)
        }
        let temporary = try TemporaryFile(in: FileSystem.folder(of: target), for: path)
        try temporary.fill(with: bytes, for: path)
        try move(temporary, to: target, overwrite: overwrite)
        if bytes.count >= largeFile { synchronizeFolder(FileSystem.folder(of: target)) }
    }

    /// Files of a training. Of those the name, too, is on the disk when `write` returns; for each of many small images
    /// that would take longer than to write it.
    private static let largeFile = 1 << 20

    /// Throws the error that `write` would throw for an existing target, for a name that is too long, and for a missing
    /// or read-only folder.
    ///
    /// To be called before long work.
    ///
    /// - Parameter makesFolders: whether a missing folder is no error, since it will be created: what counts is then
    ///   whether it can be.
    package static func checkWritable(
        _ path: String, overwrite: Bool = false, makesFolders: Bool = false
    ) throws(FileError) {
        switch kind(of: path) {
        case .directory: throw FileError(path, .isDirectory)
        case .unusable(let reason): throw FileError(path, .cannotWrite(reason: reason))
        case .regular where !overwrite: throw FileError(path, .exists)
        case .other: return
        case .missing, .regular: break
        }
        var folder = FileSystem.folder(of: resolved(path))
        while makesFolders, case .missing = kind(of: folder), folder != FileSystem.folder(of: folder) {
            folder = FileSystem.folder(of: folder)
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            let reason = FileError.lastReason()
            if case .missing = kind(of: folder) { throw FileError(path, .missingFolder(folder)) }
            throw FileError(path, .cannotWrite(reason: reason))
        }
        // The system looks for a name only in folders that are there, so it has not measured this one.
        let longest = pathconf(folder, Int32(_PC_NAME_MAX))
        if longest > 0, FileSystem.name(of: path).utf8.count > longest {
            throw FileError(path, .cannotWrite(reason: String(cString: strerror(ENAMETOOLONG))))
        }
    }

    private enum Kind {
        case missing, regular, directory, other
        /// No file can be there.
        case unusable(reason: String)
    }

    private static func kind(of path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { return .unusable(reason: FileError.lastReason()) }
            // A link to a file that is not there cannot be followed, and would be in the way.
            return lstat(path, &status) == 0 ? .unusable(reason: "it is a link to a file that is missing") : .missing
        }
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

    private static func move(_ temporary: borrowing TemporaryFile, to path: String, overwrite: Bool) throws(FileError) {
        if overwrite {
            if rename(temporary.path, path) == 0 { return }
        } else {
            // link() fails if the name exists, where rename() would replace it: no race with another writer.
            if link(temporary.path, path) == 0 {
                unlink(temporary.path)
                return
            }
            // Some file systems have no hard links.
            if errno != EEXIST, access(path, F_OK) != 0, rename(temporary.path, path) == 0 { return }
        }
        let reason = errno
        unlink(temporary.path)
        throw FileError(path, reason == EEXIST ? .exists : .cannotWrite(reason: String(cString: strerror(reason))))
    }

    /// A failure is ignored: some file systems cannot do it, and the file is complete either way.
    private static func synchronizeFolder(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func writeDirectly(_ bytes: [UInt8], to path: String) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, .cannotOpen(reason: FileError.lastReason())) }
        defer { close(descriptor) }
        if let problem = writeAll(bytes, to: descriptor) { throw FileError(path, .cannotWrite(reason: problem)) }
    }

    /// Nil, or the error message of the system.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> String? {
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
