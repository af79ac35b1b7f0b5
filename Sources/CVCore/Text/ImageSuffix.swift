/// What the suffix of a file name says about images: the one list for all readers of folders.
package enum ImageSuffix {
    /// Of the formats that are read, in lower case.
    package static let read = ["jpg", "jpeg", "jpe", "jfif", "png"]
    /// Of other formats of images, in lower case.
    package static let unread: Set = [
        "arw", "avif", "bmp", "cr2", "cr3", "dds", "dng", "exr", "gif", "hdr", "heic", "heics", "heif", "hif", "ico",
        "j2k", "jp2", "jpx", "jxl", "jxr", "nef", "orf", "pbm", "pcx", "pgm", "pnm", "ppm", "psd", "qoi", "raf", "raw",
        "rw2", "svg", "tga", "tif", "tiff", "webp", "xbm", "xpm",
    ]

    /// Whether a name has the suffix of a format that is read.
    package static func isRead(_ name: String) -> Bool {
        FileSystem.suffix(of: name).map { read.contains($0.lowercased()) } ?? false
    }

    /// Whether a name has the suffix of an image whose format is not read.
    package static func isUnread(_ name: String) -> Bool {
        FileSystem.suffix(of: name).map { unread.contains($0.lowercased()) } ?? false
    }
}
