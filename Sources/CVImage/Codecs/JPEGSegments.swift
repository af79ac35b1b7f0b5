import CVCore

/// The segments of a JPEG file before its first scan.
struct JPEGSegments {
    private let file: [UInt8]
    private let reader: ByteReader

    init(_ file: [UInt8]) {
        self.file = file
        reader = ByteReader(file[...], bigEndian: true)
    }

    /// Calls `body` with the marker and the content of each; the content of the first scan is its header.
    ///
    /// - Returns: the offset after the header of the first scan; nil if there is no scan.
    @discardableResult
    func visit(_ body: (_ marker: Int, _ content: ArraySlice<UInt8>) -> Void) -> Int? {
        var offset = 2  // after SOI
        while let marker = reader.uint16(offset), marker > 0xFF00 {
            if marker == 0xFFFF {  // fill bytes
                offset += 1
                continue
            }
            if marker == 0xFFD9 { return nil }
            guard let length = reader.uint16(offset + 2), length >= 2,
                let content = reader.slice(offset + 4, count: length - 2)
            else { return nil }
            body(marker, content)
            offset += 2 + length
            if marker == 0xFFDA { return offset }
        }
        return nil
    }

    /// Whether another JPEG follows the end of the image, as in Motion JPEG, without an index that explains it.
    ///
    /// Phones put previews, gain maps and the images of a burst behind the first one, and list them in a segment of the
    /// MPF (CIPA DC-007) or in XMP: those are meant to be overlooked.
    var hasUnexplainedImageBehind: Bool {
        var isExplained = false
        let scan = visit { marker, content in
            isExplained =
                isExplained || marker == 0xFFE2 && content.starts(with: "MPF\0".utf8)
                || marker == 0xFFE1 && content.contains(Array("Container:Directory".utf8))
        }
        guard let scan, !isExplained, let end = endOfImage(from: scan) else { return false }
        let rest = file[end...].drop { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
        return rest.starts(with: [0xFF, 0xD8, 0xFF])
    }

    /// The offset after the end-of-image marker; nil if there is none.
    private func endOfImage(from scan: Int) -> Int? {
        var offset = scan
        while let found = file[offset...].firstIndex(of: 0xFF), found + 1 < file.count {
            switch file[found + 1] {
            case 0xD9: return found + 2
            // A stuffed byte, a restart marker, fill bytes.
            case 0x00, 0xD0...0xD7: offset = found + 2
            case 0xFF: offset = found + 1
            // A table or the header of another scan of a progressive image.
            default:
                guard let length = reader.uint16(found + 2), length >= 2, found + 2 + length <= file.count else {
                    return nil
                }
                offset = found + 2 + length
            }
        }
        return nil
    }
}

/// Reads unsigned integers at offsets; nil if out of bounds.
///
/// Offsets are sums of a few 32-bit numbers, far below the overflow of a 64-bit `Int`.
struct ByteReader {
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
