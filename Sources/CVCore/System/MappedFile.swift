/// The bytes of a file in the address space: the system reads those that are used, and keeps them for the next process.
///
/// For files that are replaced, never shortened, while they are in use: a page that the file no longer has would end the
/// process.
package final class MappedFile: @unchecked Sendable {
    /// All bytes of the file.
    package let bytes: UnsafeRawBufferPointer

    /// Maps a regular file that is not empty.
    ///
    /// - Parameter path: of the file.
    /// - Throws: `FileError` if it cannot be opened or mapped.
    package init(_ path: String) throws(FileError) {
        let (descriptor, count) = try FileInput.openRegular(path)
        defer { close(descriptor) }
        guard count > 0, let address = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED
        else { throw FileError(path, .cannotRead(reason: count > 0 ? FileError.lastReason() : "it is empty")) }
        bytes = UnsafeRawBufferPointer(start: address, count: count)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count) }
}
