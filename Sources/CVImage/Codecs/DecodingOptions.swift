/// Limits of decoding, and how to treat damaged files.
public struct DecodingOptions: Sendable, Equatable {
    /// The maximum number of pixels, checked before memory is allocated. The default is that of Pillow's
    /// `DecompressionBombError`.
    public var maxPixels: Int
    /// The maximum size of a file, in bytes.
    public var maxFileBytes: Int
    /// The maximum number of scans of a progressive JPEG (a camera's has about ten): a scan of a few bytes costs a pass
    /// over the whole image.
    public var maxScans: Int
    /// Decodes damaged and truncated files as far as possible; missing parts are gray (JPEG) or black (PNG, transparent
    /// if it has alpha). Like Pillow's `LOAD_TRUNCATED_IMAGES`.
    ///
    /// A file is truncated also if only its end marker is missing. A PNG may lose up to 8 KB before the cut.
    public var allowTruncated: Bool
    /// Applies the EXIF orientation, as Pillow's `ImageOps.exif_transpose`.
    public var applyOrientation: Bool

    /// Options of decoding.
    ///
    /// - Parameters:
    ///   - maxPixels: the maximum number of pixels.
    ///   - maxFileBytes: the maximum size of a file.
    ///   - maxScans: the maximum number of scans of a progressive JPEG.
    ///   - allowTruncated: whether to decode damaged files as far as possible.
    ///   - applyOrientation: whether to apply the EXIF orientation.
    public init(
        maxPixels: Int = 178_000_000, maxFileBytes: Int = 1 << 30, maxScans: Int = 100, allowTruncated: Bool = false,
        applyOrientation: Bool = true
    ) {
        self.maxPixels = maxPixels
        self.maxFileBytes = maxFileBytes
        self.maxScans = maxScans
        self.allowTruncated = allowTruncated
        self.applyOrientation = applyOrientation
    }
}
