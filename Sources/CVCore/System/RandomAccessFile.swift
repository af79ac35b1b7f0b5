/// An open regular file for reads at any offset, by any number of threads at a time.
package final class RandomAccessFile: Sendable {
    /// The path of the file.
    package let path: String
    /// Its size in bytes when it was opened.
    package let count: Int
    private let descriptor: Int32

    /// Opens a file for reading; a directory, a pipe or a device is an error.
    package init(_ path: String) throws(FileError) {
        self.path = path
        (descriptor, count) = try FileInput.openRegular(path)
    }

    deinit { close(descriptor) }

    /// Reads `count` bytes from `offset` on; both must be within the file.
    ///
    /// A file that has been truncated since it was opened is an error.
    package func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        precondition(count >= 0, "\(count) bytes are no part of a file")
        var failure: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(FileError) {
                try read(at: offset, into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads from `offset` on until `target` is full.
    package func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(FileError) {
        let count = target.count
        precondition(
            offset >= 0 && offset <= self.count && count <= self.count - offset,
            "\(count) bytes from \(offset) are not within a file of \(self.count)")
        var done = 0
        while done < count {
            let got = FileInput.retrying {
                pread(descriptor, target.baseAddress! + done, count - done, off_t(offset + done))
            }
            if got <= 0 {
                let reason = got < 0 ? FileError.lastReason() : "it has become shorter while it was in use"
                throw FileError(path, .cannotRead(reason: reason))
            }
            done += got
        }
    }
}
