/// Reads whole files, safe from blocking and unbounded input.
package enum FileInput {
    /// Reads the regular file at `path`.
    ///
    /// A directory, a pipe or a device is an error (none has an end that is known in advance), as is a file of more
    /// than `maxBytes`. Nothing is allocated before the size is checked.
    package static func read(_ path: String, maxBytes: Int = 4 << 30) throws(FileError) -> [UInt8] {
        let (descriptor, size) = try openRegular(path)
        defer { close(descriptor) }
        guard size <= maxBytes else { throw FileError(path, .tooLarge(bytes: size, limit: maxBytes)) }
        // Files of /proc and /sys report a size of 0: read those in chunks.
        if size == 0 { return try readToEnd(descriptor, path, maxBytes: maxBytes) }
        return try readExactly(descriptor, path, count: size)
    }

    /// The first `count` bytes of the regular file at `path` (fewer if it is shorter), and the size of the file.
    ///
    /// For reading the header of a large file.
    package static func readPrefix(
        _ path: String, count: Int
    ) throws(FileError) -> (bytes: [UInt8], fileBytes: Int) {
        let (descriptor, size) = try openRegular(path)
        defer { close(descriptor) }
        return (try readExactly(descriptor, path, count: min(count, size)), size)
    }

    /// All bytes of standard input, up to `maxBytes`.
    package static func readStandardInput(maxBytes: Int = 1 << 30) throws(FileError) -> [UInt8] {
        try readToEnd(STDIN_FILENO, "standard input", maxBytes: maxBytes)
    }

    static func openRegular(_ path: String) throws(FileError) -> (descriptor: Int32, size: Int) {
        // O_NONBLOCK: opening a pipe without a writer would otherwise block forever.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, .cannotOpen(reason: FileError.lastReason())) }
        var status = stat()
        var problem: FileError.Problem?
        if fstat(descriptor, &status) != 0 {
            problem = .cannotRead(reason: FileError.lastReason())
        } else if status.st_mode & S_IFMT != S_IFREG {
            problem = status.st_mode & S_IFMT == S_IFDIR ? .isDirectory : .notRegular
        }
        if let problem {
            close(descriptor)
            throw FileError(path, problem)
        }
        return (descriptor, Int(status.st_size))
    }

    /// `count` bytes, or fewer if the file ends before.
    private static func readExactly(_ descriptor: Int32, _ path: String, count: Int) throws(FileError) -> [UInt8] {
        guard canAllocate(count) else {
            throw FileError(
                path, .cannotRead(reason: "there is not enough memory for its content (\(readableBytes(count)))"))
        }
        var failure: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            HugePages.advise(buffer.baseAddress, bytes: count)
            while done < count {
                let got = Self.retrying { systemRead(descriptor, buffer.baseAddress! + done, count - done) }
                if got < 0 { failure = FileError(path, .cannotRead(reason: FileError.lastReason())) }
                if got <= 0 { break }
                done += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    private static func readToEnd(_ descriptor: Int32, _ path: String, maxBytes: Int) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let got = retrying { chunk.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress!, $0.count) } }
            if got < 0 { throw FileError(path, .cannotRead(reason: FileError.lastReason())) }
            if got == 0 { return bytes }
            guard bytes.count + got <= maxBytes else {
                throw FileError(path, .tooLarge(bytes: bytes.count + got, limit: maxBytes))
            }
            bytes.append(contentsOf: chunk[0..<got])
        }
    }

    /// Repeats a system call that a signal interrupted.
    static func retrying(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}

extension FileInput {
    /// The path of the file that `url` names.
    ///
    /// - Throws: `FileError` for a URL that is not that of a file: nothing is downloaded.
    package static func path(of url: Platform.URL) throws(FileError) -> String {
        guard url.isFileURL else {
            throw FileError(url.absoluteString, .cannotOpen(reason: "it is not the URL of a file; download it first"))
        }
        return url.path(percentEncoded: false)
    }
}
