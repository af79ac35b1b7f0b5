import Synchronization

/// A file that gets its name when it is complete.
///
/// Its own name is short, whatever the name that it will get: that one may be as long as the system allows.
package struct TemporaryFile: ~Copyable {
    /// Where it is until it gets its name.
    let path: String
    private let descriptor: Int32
    private let registration: UnfinishedFiles.Registration?

    /// Creates an empty file in a folder.
    ///
    /// - Parameters:
    ///   - folder: of the file that it will become.
    ///   - target: the path that errors name.
    /// - Throws: `FileError` if there is no such folder, or nothing can be written there.
    package init(in folder: String, for target: String) throws(FileError) {
        while true {
            let name = ".\(String(UInt32.random(in: 0...UInt32.max), radix: 36)).tmp"
            let path = FileSystem.join(folder, name)
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0 {
                (self.path, self.descriptor) = (path, descriptor)
                registration = UnfinishedFiles.register(path)
                return
            }
            switch errno {
            case EEXIST: continue
            case ENOENT: throw FileError(target, .missingFolder(folder))
            default: throw FileError(target, .cannotWrite(reason: FileError.lastReason()))
            }
        }
    }

    deinit { if let registration { UnfinishedFiles.release(registration) } }

    /// Writes the content to the disk, and closes the file. After an error it is removed.
    borrowing func fill(with bytes: [UInt8], for target: String) throws(FileError) {
        var problem = FileOutput.writeAll(bytes, to: descriptor)
        // Not all file systems can, and a full disk is reported here by some.
        if problem == nil, fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP {
            problem = FileError.lastReason()
        }
        if close(descriptor) != 0, problem == nil { problem = FileError.lastReason() }
        if let problem {
            unlink(path)
            throw FileError(target, .cannotWrite(reason: problem))
        }
    }
}

/// The temporary files that are being written, for a signal that ends the process.
package enum UnfinishedFiles {
    /// A position of the table, and the address of the path in it.
    struct Registration {
        fileprivate let index: Int
        fileprivate let address: UInt
    }

    /// As many as files are written at a time, and some; those beyond are not registered.
    private static let count = 16

    /// The addresses of paths as C strings, and zeros. A handler of signals may access atomics and nothing else.
    nonisolated(unsafe) private static let slots: UnsafeMutablePointer<Atomic<UInt>> = {
        let slots = UnsafeMutablePointer<Atomic<UInt>>.allocate(capacity: count)
        for index in 0..<count { (slots + index).initialize(to: Atomic(0)) }
        return slots
    }()

    /// Nil where the table is full.
    static func register(_ path: String) -> Registration? {
        guard let copy = strdup(path) else { return nil }
        let address = UInt(bitPattern: copy)
        for index in 0..<count {
            let result = slots[index].compareExchange(
                expected: 0, desired: address, ordering: .acquiringAndReleasing)
            if result.exchanged { return Registration(index: index, address: address) }
        }
        free(copy)
        return nil
    }

    /// Whoever takes a path out of the table owns it: the writer here, or the handler.
    static func release(_ registration: Registration) {
        let result = slots[registration.index].compareExchange(
            expected: registration.address, desired: 0, ordering: .acquiringAndReleasing)
        if result.exchanged { free(UnsafeMutableRawPointer(bitPattern: registration.address)) }
    }

    /// Makes the table, which a handler of signals must not do.
    package static func prepare() { _ = slots }

    /// Removes the temporary files that are being written. A handler of signals may call it.
    package static func remove() {
        for index in 0..<count {
            let address = slots[index].exchange(0, ordering: .acquiringAndReleasing)
            if let path = UnsafePointer<CChar>(bitPattern: address) { unlink(path) }
        }
    }
}
