/// What a decoder may spend on a file, and what it makes of a damaged one.
public struct DecodingOptions: Sendable, Equatable {
    /// Most pixels of a picture, checked before memory is allocated. The default is Pillow's "decompression bomb" error.
    public var maxPixels: Int
    /// Most bytes of a file that is read from a path.
    public var maxFileBytes: Int
    /// Most scans of a progressive JPEG (a camera's has about ten): a scan of a few bytes costs a pass over the picture.
    public var maxScans: Int
    /// Decode damaged and incomplete data as far as they go, the missing parts grey (JPEG) or black (PNG, and
    /// transparent where it has alpha).
    ///
    /// Data are incomplete also when only the mark of their end is missing. A PNG may lose up to 8 KB before the cut.
    public var allowTruncated: Bool
    /// Turn the picture upright as its EXIF orientation says.
    public var applyOrientation: Bool

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
