extension ImageContainer {
    /// The EXIF orientation of a file; `.up` if there is none or it is invalid.
    func orientation(of file: [UInt8]) -> Orientation {
        let block =
            switch self {
            case .jpeg: Exif.block(inJPEG: file)
            case .png: Exif.block(inPNG: file)
            }
        return block.flatMap(Exif.orientation(inTIFF:)) ?? .up
    }
}

/// A minimal EXIF parser that finds the orientation.
///
/// No length or offset of the file is trusted: all reads go through `ByteReader`, which returns nil outside its bytes.
enum Exif {
    /// The TIFF structure in the first EXIF APP1 segment of a JPEG.
    static func block(inJPEG file: [UInt8]) -> ArraySlice<UInt8>? {
        let reader = ByteReader(file[...], bigEndian: true)
        var offset = 2  // after SOI
        while let marker = reader.uint16(offset), marker > 0xFF00 {
            if marker == 0xFFFF {  // padding
                offset += 1
                continue
            }
            // The scan (SOS) or the end of the image: no more metadata segments.
            if marker == 0xFFDA || marker == 0xFFD9 { return nil }
            guard let length = reader.uint16(offset + 2), length >= 2,
                let content = reader.slice(offset + 4, count: length - 2)
            else { return nil }
            if marker == 0xFFE1, content.starts(with: "Exif\0".utf8), content.count > 6 { return content.dropFirst(6) }
            offset += 2 + length
        }
        return nil
    }

    /// The content of the eXIf chunk of a PNG.
    static func block(inPNG file: [UInt8]) -> ArraySlice<UInt8>? {
        let reader = ByteReader(file[...], bigEndian: true)
        var offset = 8  // after the signature
        while let length = reader.uint32(offset), let type = reader.slice(offset + 4, count: 4) {
            if type.elementsEqual("eXIf".utf8) { return reader.slice(offset + 8, count: length) }
            if type.elementsEqual("IEND".utf8) { return nil }
            offset += 12 + length  // length, type, content, checksum
        }
        return nil
    }

    /// The Orientation entry of the first directory of a TIFF structure (EXIF 2.32, 4.6.2).
    static func orientation(inTIFF tiff: ArraySlice<UInt8>) -> Orientation? {
        let bigEndian = tiff.starts(with: "MM\0*".utf8)
        guard bigEndian || tiff.starts(with: "II*\0".utf8) else { return nil }
        let reader = ByteReader(tiff, bigEndian: bigEndian)
        guard let directory = reader.uint32(4), let count = reader.uint16(directory) else { return nil }
        for index in 0..<count {
            let entry = directory + 2 + index * 12
            guard let tag = reader.uint16(entry) else { return nil }
            if tag == 0x0112 { return value(of: entry, reader).flatMap(Orientation.init) }
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

/// Reads unsigned integers at offsets; nil if out of bounds.
///
/// Offsets are sums of a few 32-bit numbers, far below the overflow of a 64-bit `Int`.
private struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private let bigEndian: Bool

    init(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) {
        self.bytes = bytes
        self.bigEndian = bigEndian
    }

    func slice(_ offset: Int, count: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        let start = bytes.startIndex + offset
        return bytes[start..<start + count]
    }

    func uint16(_ offset: Int) -> Int? { number(offset, count: 2) }
    func uint32(_ offset: Int) -> Int? { number(offset, count: 4) }

    private func number(_ offset: Int, count: Int) -> Int? {
        guard let field = slice(offset, count: count) else { return nil }
        return bigEndian
            ? field.reduce(0) { $0 << 8 | Int($1) } : field.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
