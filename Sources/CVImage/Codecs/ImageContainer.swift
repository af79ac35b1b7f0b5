/// The supported file formats, recognized by their signature and never by a file's suffix.
public enum ImageContainer: Sendable, Equatable {
    /// JPEG (baseline, progressive, arithmetic) or PNG.
    case jpeg, png

    private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Recognizes a format; nil if the bytes are of neither.
    ///
    /// - Parameter bytes: the start of a file, at least 8 bytes.
    public init?(recognizing bytes: [UInt8]) {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: Self.pngSignature) {
            self = .png
        } else {
            return nil
        }
    }

    /// A description of bytes that are not an image, for an error message.
    static func guess(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "it is empty" }
        if let known = knownFormat(bytes) { return "it looks like \(known); convert it to JPEG or PNG" }
        if bytes.starts(with: [0xFF, 0xD8]) || pngSignature.starts(with: bytes) {
            return "it ends within the signature"
        }
        if bytes.prefix(512).allSatisfy({ (0x20..<0x7F).contains($0) || (0x09...0x0D).contains($0) }) {
            return "it looks like text"
        }
        let start = bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        return "it starts with the bytes \(start.joined(separator: " "))"
    }

    private static func knownFormat(_ bytes: [UInt8]) -> String? {
        func has(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
        if has("GIF8") { return "GIF" }
        if has("RIFF"), has("WEBP", at: 8) { return "WebP" }
        if has("II*\0") || has("MM\0*") { return "TIFF" }
        if has("BM"), bytes.count >= 26, bytes[6..<10].allSatisfy({ $0 == 0 }) { return "BMP" }
        if has("%PDF") { return "PDF" }
        if has("ftyp", at: 4) { return isoMedia(has) }
        if has("\0\0\0\u{0C}jP  ") { return "JPEG 2000" }
        if has("<svg") { return "SVG" }
        return bytes.starts(with: [0xFF, 0x0A]) || has("\0\0\0\u{0C}JXL ") ? "JPEG XL" : nil
    }

    /// Containers that start with a "file type" box: its brand distinguishes images from videos.
    private static func isoMedia(_ has: (String, Int) -> Bool) -> String {
        if has("avif", 8) || has("avis", 8) { return "AVIF" }
        let brands = ["heic", "heix", "hevc", "heim", "heis", "mif1", "msf1"]
        return brands.contains { has($0, 8) } ? "HEIC" : "a video (MP4 or QuickTime)"
    }
}
