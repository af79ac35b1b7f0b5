import CVCore

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
        switch FileKind.recognize(bytes) {
        case .empty?: return "it is empty"
        case let kind? where kind.isImage: return "it looks like \(kind.name); convert it to JPEG or PNG"
        case let kind?: return "it is \(kind.name)" + (kind.remedy.map { "; " + $0 } ?? "")
        case nil: break
        }
        if bytes.starts(with: [0xFF, 0xD8]) || pngSignature.starts(with: bytes) {
            return "it ends within the signature"
        }
        if bytes.prefix(512).allSatisfy({ (0x20..<0x7F).contains($0) || (0x09...0x0D).contains($0) }) {
            return "it looks like text"
        }
        let start = bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        return "it starts with the bytes \(start.joined(separator: " "))"
    }
}
