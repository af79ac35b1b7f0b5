import CCodecs
import CVCore

extension ImageContainer {
    /// The orientation of a file: that of its EXIF block, or else that of its XMP; `.up` if there is none or it is invalid.
    ///
    /// As Pillow's `ImageOps.exif_transpose`: XMP counts only where the EXIF block says nothing.
    func orientation(of file: [UInt8]) -> Orientation {
        let metadata =
            switch self {
            case .jpeg: OrientationMetadata(jpeg: file)
            case .png: OrientationMetadata(png: file)
            }
        return metadata.orientation
    }
}

/// The parts of a file that may state an orientation.
struct OrientationMetadata {
    /// The EXIF block, a TIFF structure.
    private var exif: [UInt8]?
    /// The hexadecimal EXIF block, or XMP, in a text of a PNG, as ImageMagick writes it.
    private var profile: [UInt8]?
    private var xmp: [UInt8]?

    var orientation: Orientation {
        if let number = (exif ?? profile).flatMap({ Exif.orientation(inTIFF: Exif.withoutPrefix($0[...])) }) {
            return Orientation(rawValue: number) ?? .up
        }
        return xmp.flatMap(Self.orientation(inXMP:)) ?? .up
    }

    /// Reads the APP1 segments before the first scan. An EXIF block may be split over several.
    init(jpeg file: [UInt8]) {
        JPEGSegments(file).visit { marker, content in
            guard marker == 0xFFE1 else { return }
            if content.starts(with: "Exif\0\0".utf8) {
                exif = (exif ?? []) + content.dropFirst(6)
            } else if content.starts(with: Self.xmpPrefix) {
                xmp = Array(content.dropFirst(Self.xmpPrefix.count))
            }
        }
    }

    /// Reads the eXIf and the text chunks, wherever they are.
    init(png file: [UInt8]) {
        let reader = ByteReader(file[...], bigEndian: true)
        var offset = 8  // after the signature
        while let length = reader.uint32(offset), let type = reader.slice(offset + 4, count: 4) {
            guard !type.elementsEqual("IEND".utf8), let content = reader.slice(offset + 8, count: length) else {
                return
            }
            if type.elementsEqual("eXIf".utf8) {
                exif = Array(content)
            } else if let text = PNGText(type: type, content: content) {
                add(text)
            }
            offset += 12 + length  // length, type, content, checksum
        }
    }

    private mutating func add(_ text: PNGText) {
        switch text.keyword {
        case "XML:com.adobe.xmp": xmp = text.content()
        case "Raw profile type exif": profile = Self.bytes(ofProfile: text.content())
        case "Raw profile type APP1" where profile == nil:
            let content = Self.bytes(ofProfile: text.content())
            if content?.starts(with: Self.xmpPrefix) ?? false {
                xmp = xmp ?? content.map { Array($0.dropFirst(Self.xmpPrefix.count)) }
            } else {
                profile = content
            }
        default: break
        }
    }

    private static let xmpPrefix = Array("http://ns.adobe.com/xap/1.0/\0".utf8)

    /// The bytes after an empty line, a name and a count: two hexadecimal digits each, on lines. Nil for other text.
    private static func bytes(ofProfile text: [UInt8]) -> [UInt8]? {
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).dropFirst(3)
        let digits = lines.joined().filter { $0 != 0x20 && $0 != 0x0D }.map {
            Character(UnicodeScalar($0)).hexDigitValue
        }
        guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0]! << 4 | digits[$0 + 1]!) }
    }

    /// The digit of `tiff:Orientation="6"` or `<tiff:Orientation>6`.
    private static func orientation(inXMP text: [UInt8]) -> Orientation? {
        let name = Array("tiff:Orientation".utf8)
        var rest = text[...]
        while let start = rest.firstIndex(of: name[0]) {
            rest = rest[start...]
            guard rest.starts(with: name) else {
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(name.count)
            let value = rest.starts(with: "=\"".utf8) ? rest.dropFirst(2) : rest.first == 0x3E ? rest.dropFirst() : []
            if let digit = value.first, (0x30...0x39).contains(digit) {
                return Orientation(rawValue: Int(digit) - 0x30)
            }
        }
        return nil
    }
}

/// A text chunk of a PNG: tEXt, zTXt or iTXt.
private struct PNGText {
    let keyword: String
    private let rest: ArraySlice<UInt8>
    private let isCompressed: Bool

    /// The longest text that is read: orientations are in short ones, and a few bytes may decompress to gigabytes.
    private static let maxBytes = 1 << 20

    /// Nil for other chunks, and for those that are malformed.
    init?(type: ArraySlice<UInt8>, content: ArraySlice<UInt8>) {
        guard let end = content.firstIndex(of: 0) else { return nil }
        keyword = String(decoding: content[..<end], as: UTF8.self)
        let after = content[(end + 1)...]
        switch String(decoding: type, as: UTF8.self) {
        case "tEXt": (rest, isCompressed) = (after, false)
        case "zTXt" where after.first == 0: (rest, isCompressed) = (after.dropFirst(), true)
        case "iTXt":
            // Compressed or not, the method, the language, the translated keyword.
            guard after.count > 2, let compressed = after.first, after.dropFirst().first == 0 || compressed == 0 else {
                return nil
            }
            let parts = after.dropFirst(2).split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            (rest, isCompressed) = (parts[2], compressed != 0)
        default: return nil
        }
    }

    func content() -> [UInt8] {
        guard isCompressed else { return Array(rest.prefix(Self.maxBytes)) }
        return [UInt8](unsafeUninitializedCapacity: Self.maxBytes) { target, count in
            count = rest.withUnsafeBufferPointer {
                cvc_inflate($0.baseAddress, $0.count, target.baseAddress, Self.maxBytes)
            }
        }
    }
}

/// A minimal EXIF parser that finds the orientation.
///
/// No length or offset of the file is trusted: all reads go through `ByteReader`, which returns nil outside its bytes.
enum Exif {
    /// The TIFF structure after the prefix "Exif\0\0", which some programs write once more, or also in a PNG.
    static func withoutPrefix(_ block: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var block = block
        for _ in 0..<2 where block.starts(with: "Exif\0\0".utf8) { block = block.dropFirst(6) }
        return block
    }

    /// The number of the Orientation entry of the first directory of a TIFF structure (EXIF 2.32, 4.6.2); 0 for an entry
    /// that is not a single number, nil without an entry.
    static func orientation(inTIFF tiff: ArraySlice<UInt8>) -> Int? {
        let bigEndian = tiff.starts(with: "MM\0*".utf8)
        guard bigEndian || tiff.starts(with: "II*\0".utf8) else { return nil }
        let reader = ByteReader(tiff, bigEndian: bigEndian)
        guard let directory = reader.uint32(4), let count = reader.uint16(directory) else { return nil }
        for index in 0..<count {
            let entry = directory + 2 + index * 12
            guard let tag = reader.uint16(entry) else { return nil }
            if tag == 0x0112 { return value(of: entry, reader) ?? 0 }
        }
        return nil
    }

    /// A single number of type SHORT, or LONG as some programs write it.
    private static func value(of entry: Int, _ reader: ByteReader) -> Int? {
        guard reader.uint32(entry + 4) == 1 else { return nil }
        return switch reader.uint16(entry + 2) {
        case 3: reader.uint16(entry + 8)
        case 4: reader.uint32(entry + 8)
        default: nil
        }
    }
}
