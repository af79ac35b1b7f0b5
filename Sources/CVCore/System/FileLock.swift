/// A lock that one process holds at a time, in a file of its own.
///
/// The system releases it when the process ends, however that happens: a file that is left over locks nothing.
package final class FileLock {
    /// Why there is no lock.
    package enum Failure: Error {
        /// Another process, or another lock of this one, holds it; what that says about itself.
        case held(by: String)
        /// The file system has no locks; the reason is the system's.
        case unsupported(reason: String)
        case file(FileError)
    }

    private let path: String
    private let descriptor: Int32

    /// Takes the lock, without waiting for it.
    ///
    /// - Parameters:
    ///   - path: of the file, which is made for the lock and removed with it.
    ///   - holder: what the file says about who holds it.
    package init(_ path: String, holder: String) throws(Failure) {
        self.path = path
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw .file(FileError(path, .cannotWrite(reason: FileError.lastReason()))) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let reason = errno
                let found = Self.text(in: descriptor)
                close(descriptor)
                if reason == EINTR { continue }
                if reason == EWOULDBLOCK { throw .held(by: found) }
                throw .unsupported(reason: String(cString: strerror(reason)))
            }
            // The holder before may have removed the file between the two calls: that lock would be of no file.
            guard Self.isFile(descriptor, at: path) else {
                close(descriptor)
                continue
            }
            ftruncate(descriptor, 0)
            _ = Array(holder.utf8).withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
            self.descriptor = descriptor
            return
        }
    }

    deinit {
        // While it is held, so that no other process can have made the file.
        unlink(path)
        close(descriptor)
    }

    private static func text(in descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 1000)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
        var (own, named) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && stat(path, &named) == 0 && own.st_ino == named.st_ino
            && own.st_dev == named.st_dev
    }
}
