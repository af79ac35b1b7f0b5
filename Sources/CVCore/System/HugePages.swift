/// Transparent huge pages for large buffers.
package enum HugePages {
    /// In bytes.
    package static let size = 2 << 20

    /// Requests 2 MB pages for a buffer that is about to be filled for the first time.
    ///
    /// The system clears memory page by page when it is first touched; the 9,000 pages of 4 kB of a 12-megapixel
    /// photograph take longer than many processing steps. Small buffers are left alone.
    package static func advise(_ block: UnsafeMutableRawPointer?, bytes: Int) {
        #if os(Linux)
        guard let block, bytes >= 2 * size else { return }
        // The buffer may share its first and last page with others: only the pages between are advised.
        let page = 4096
        let start = (UInt(bitPattern: block) + UInt(page - 1)) / UInt(page) * UInt(page)
        let end = (UInt(bitPattern: block) + UInt(bytes)) / UInt(page) * UInt(page)
        madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_HUGEPAGE)
        #endif
    }
}
