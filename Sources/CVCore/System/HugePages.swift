/// Advice to the system about large blocks of memory.
public enum HugePages {
    public static let size = 2 << 20

    /// Asks for pages of 2 MB under a block that is about to be filled for the first time.
    ///
    /// The system clears memory when it is first touched, page by page; the 9,000 pages of 4 kB under a photograph of
    /// 12 megapixels take longer than many a step of the work on it. Small blocks are left alone.
    public static func advise(_ block: UnsafeMutableRawPointer?, bytes: Int) {
        #if os(Linux)
        guard let block, bytes >= 2 * size else { return }
        // The block may share its first and last page with others: only what lies between is meant.
        let page = 4096
        let start = (UInt(bitPattern: block) + UInt(page - 1)) / UInt(page) * UInt(page)
        let end = (UInt(bitPattern: block) + UInt(bytes)) / UInt(page) * UInt(page)
        madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_HUGEPAGE)
        #endif
    }
}
