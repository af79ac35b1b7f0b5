import CVCore

/// The entries of an EXIF block, to be written again without those that show or tell too much.
///
/// No length or offset of the file is trusted: all reads go through `ByteReader`, which returns nil outside its bytes.
struct ExifBlock {
    /// An entry of a directory.
    struct Entry {
        let tag, type, count: Int
        /// The bytes of the value, in the byte order of the block.
        var value: [UInt8]
        /// The entries of the directory that the value points to.
        var directory: [Entry]?
    }

    private var entries: [Entry]
    private let bigEndian: Bool

    /// Tags of EXIF 2.32.
    enum Tag {
        static let orientation = 0x0112, exif = 0x8769, location = 0x8825, interoperability = 0xA005, makerNote = 0x927C
    }

    /// A block without entries.
    init() { (entries, bigEndian) = ([], true) }

    /// Reads the first directory of a TIFF structure and those below it; not the second, which has the preview.
    ///
    /// - Parameter tiff: the bytes after "Exif\0\0".
    /// - Returns: nil for what is no TIFF structure. Entries that point outside it are left out.
    init?(tiff: ArraySlice<UInt8>) {
        bigEndian = tiff.starts(with: "MM\0*".utf8)
        guard bigEndian || tiff.starts(with: "II*\0".utf8) else { return nil }
        let reader = ByteReader(tiff, bigEndian: bigEndian)
        guard let start = reader.uint32(4), let found = Self.entries(at: start, reader, depth: 0) else { return nil }
        entries = found
    }

    /// Removes all entries of a tag from all directories.
    mutating func remove(_ tag: Int) { entries = Self.without(tag, entries) }

    private static func without(_ tag: Int, _ entries: [Entry]) -> [Entry] {
        entries.filter { $0.tag != tag }.map { entry in
            var copy = entry
            copy.directory = entry.directory.map { without(tag, $0) }
            return copy
        }
    }

    /// Sets the orientation.
    mutating func set(_ orientation: Orientation) {
        entries.removeAll { $0.tag == Tag.orientation }
        let number = UInt8(orientation.rawValue)
        let value: [UInt8] = bigEndian ? [0, number] : [number, 0]
        entries.append(Entry(tag: Tag.orientation, type: 3, count: 1, value: value))
    }

    /// The bytes of a TIFF structure of one directory.
    var tiff: [UInt8] {
        var bytes: [UInt8] = Array((bigEndian ? "MM\0*" : "II*\0").utf8) + number(8, bytes: 4)
        append(entries, to: &bytes)
        return bytes
    }

    /// Sizes of the types BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE.
    private static let typeSizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]

    private static func entries(at start: Int, _ reader: ByteReader, depth: Int) -> [Entry]? {
        guard let count = reader.uint16(start) else { return nil }
        return (0..<count).compactMap { index -> Entry? in
            let offset = start + 2 + index * 12
            guard let tag = reader.uint16(offset), let type = reader.uint16(offset + 2),
                typeSizes.indices.contains(type),
                let values = reader.uint32(offset + 4)
            else { return nil }
            let size = values * typeSizes[type]
            guard size > 0, let position = size <= 4 ? offset + 8 : reader.uint32(offset + 8),
                let value = reader.slice(position, count: size)
            else { return nil }
            var entry = Entry(tag: tag, type: type, count: values, value: Array(value))
            if [Tag.exif, Tag.location, Tag.interoperability].contains(tag) {
                // Two levels are all that there are: a directory within itself is a trap.
                guard depth < 2, let position = reader.uint32(offset + 8) else { return nil }
                entry.directory = entries(at: position, reader, depth: depth + 1)
                guard entry.directory != nil else { return nil }
            }
            return entry
        }
    }

    /// Appends a directory and the values that do not fit into its entries.
    private func append(_ entries: [Entry], to bytes: inout [UInt8]) {
        let sorted = entries.sorted { $0.tag < $1.tag }
        let start = bytes.count
        let end = start + 2 + 12 * sorted.count + 4
        bytes += number(sorted.count, bytes: 2) + [UInt8](repeating: 0, count: end - start - 2)
        for (index, entry) in sorted.enumerated() {
            var field: [UInt8]
            if let directory = entry.directory {
                field = number(bytes.count, bytes: 4)
                append(directory, to: &bytes)
            } else if entry.value.count <= 4 {
                field = entry.value + [UInt8](repeating: 0, count: 4 - entry.value.count)
            } else {
                field = number(bytes.count, bytes: 4)
                bytes += entry.value
            }
            // Values begin at even offsets.
            if bytes.count % 2 != 0 { bytes.append(0) }
            let header = number(entry.tag, bytes: 2) + number(entry.type, bytes: 2) + number(entry.count, bytes: 4)
            let offset = start + 2 + 12 * index
            bytes.replaceSubrange(offset..<offset + 12, with: header + field)
        }
    }

    private func number(_ value: Int, bytes count: Int) -> [UInt8] {
        let littleEndian = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return bigEndian ? littleEndian.reversed() : littleEndian
    }
}
