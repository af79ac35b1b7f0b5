/// Batches in their order, made in the background.
public final class BatchStream {
    init(steps: Range<Int>, ahead: Int, make: @escaping @Sendable (Int) throws -> ImageBatch) {
    }

    /// The next batch; nil after the last.
    ///
    /// - Throws: `FileError` or `ImageError` of a picture that is no longer what it was when it was first decoded.
    public func next() throws -> ImageBatch? { nil }
}
