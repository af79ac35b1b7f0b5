import CVCore

/// The directory of a zip archive (PKWARE's APPNOTE 6.3.10), including zip64.
///
/// Only stored (uncompressed) entries can be used, which is how PyTorch writes them. Everything is validated here: each
/// entry lies within the file, and no two overlap, so that a small file cannot claim to be large.
struct ZipDirectory {
    struct Entry {
        /// The range of its bytes in the file.
        let bytes: Range<Int>
        /// The CRC-32 of its bytes; nil if the writer left it out (`torch.serialization.set_crc32_options(False)`).
        let checksum: UInt32?
    }

    let entries: [String: Entry]

    /// A directory of this many bytes has hundreds of thousands of entries.
    private static let maxBytes = 64 << 20

    init(_ source: ByteSource) throws {
        let location = try Location(source)
        guard location.size <= Self.maxBytes else {
            throw PyTorchError.Problem.archive(.directoryTooLarge(location.size))
        }
        var cursor = ByteCursor(try source.read(at: location.offset, count: location.size))
        var records: [Record] = []
        for _ in 0..<location.count { records.append(try Record(&cursor)) }
        if cursor.remaining > 0 { throw PyTorchError.Problem.archive(.wrongCount(location.count)) }
        entries = try Self.located(records, source, end: location.offset)
    }

    /// The entries by name, after checking that each begins where the directory says and ends before the next.
    private static func located(_ records: [Record], _ source: ByteSource, end: Int) throws -> [String: Entry] {
        var entries: [String: Entry] = [:]
        var previous = 0
        for record in records.sorted(by: { $0.offset < $1.offset }) {
            guard record.offset >= previous else { throw PyTorchError.Problem.archive(.overlap(record.name)) }
            let start = try record.start(source, end: end)
            guard record.size <= end - start else { throw PyTorchError.Problem.archive(.beyondFile(record.name)) }
            previous = start + record.size
            let entry = Entry(bytes: start..<previous, checksum: record.checksum == 0 ? nil : record.checksum)
            guard entries.updateValue(entry, forKey: record.name) == nil else {
                throw PyTorchError.Problem.archive(.nameTwice(record.name))
            }
        }
        return entries
    }

    /// The position of the directory.
    private struct Location {
        let count, size, offset: Int

        /// Located from the end of the file: the last record there points to the directory.
        init(_ source: ByteSource) throws {
            let endBytes = 22
            let tailStart = max(0, source.count - endBytes - 0xFFFF)
            let tail = try source.read(at: tailStart, count: source.count - tailStart)
            let starts = stride(from: tail.count - endBytes, through: 0, by: -1)
            // The comment after the record reaches to the end of the file.
            let found = starts.first { start in
                tail[start..<start + 4].elementsEqual([0x50, 0x4B, 0x05, 0x06])
                    && Int(tail[start + 20]) | Int(tail[start + 21]) << 8 == tail.count - start - endBytes
            }
            guard let found else { throw PyTorchError.Problem.archive(.noEnd) }
            var cursor = ByteCursor(tail, at: found + 8)
            var count = UInt64(try cursor.number(UInt16.self))
            _ = try cursor.number(UInt16.self)
            var (size, offset) = (UInt64(try cursor.number(UInt32.self)), UInt64(try cursor.number(UInt32.self)))
            var limit = tailStart + found
            if let large = try Self.large(source, end: limit) {
                (count, size, offset) = (large.count, large.size, large.offset)
                limit = large.start
            }
            // An entry takes at least 46 bytes: the count is bounded by the size of the directory.
            guard size <= UInt64(limit), offset <= UInt64(limit) - size, count <= size / 46 else {
                throw PyTorchError.Problem.archive(.directoryBeyondFile)
            }
            (self.count, self.size, self.offset) = (Int(count), Int(size), Int(offset))
        }

        /// The 64-bit record, if there is one before `end`.
        private static func large(
            _ source: ByteSource, end: Int
        ) throws -> (count: UInt64, size: UInt64, offset: UInt64, start: Int)? {
            let locatorBytes = 20
            guard end >= locatorBytes else { return nil }
            var locator = ByteCursor(try source.read(at: end - locatorBytes, count: locatorBytes))
            guard try locator.number(UInt32.self) == 0x0706_4B50 else { return nil }
            _ = try locator.number(UInt32.self)
            let start = try locator.number(UInt64.self)
            let recordBytes = 56
            guard end - locatorBytes >= recordBytes, start <= UInt64(end - locatorBytes - recordBytes) else {
                throw PyTorchError.Problem.archive(.directoryBeyondFile)
            }
            var record = ByteCursor(try source.read(at: Int(start), count: recordBytes))
            guard try record.number(UInt32.self) == 0x0606_4B50 else { throw PyTorchError.Problem.archive(.noEnd) }
            // Its own size, two versions, two numbers of disks, the entries on this disk.
            _ = try record.advance(by: 28)
            return (try record.number(), try record.number(), try record.number(), Int(start))
        }
    }

    /// An entry as the directory describes it.
    private struct Record {
        let name: String
        let checksum: UInt32
        let size, offset: Int
        private let nameBytes: [UInt8]

        init(_ cursor: inout ByteCursor) throws(PyTorchError.Problem) {
            guard try cursor.number(UInt32.self) == 0x0201_4B50 else { throw .archive(.badEntry) }
            _ = try cursor.advance(by: 4)
            let flags = try cursor.number(UInt16.self)
            let method = try cursor.number(UInt16.self)
            _ = try cursor.advance(by: 4)
            checksum = try cursor.number()
            let (packed, size) = (try cursor.number(UInt32.self), try cursor.number(UInt32.self))
            let (nameCount, extraCount) = (try cursor.number(UInt16.self), try cursor.number(UInt16.self))
            let commentCount = try cursor.number(UInt16.self)
            _ = try cursor.advance(by: 8)
            let offset = try cursor.number(UInt32.self)
            nameBytes = Array(cursor.bytes[try cursor.advance(by: Int(nameCount))])
            name = String(decoding: nameBytes, as: UTF8.self)
            var sizes = Sizes(packed: UInt64(packed), size: UInt64(size), offset: UInt64(offset))
            try sizes.readZip64(cursor.bytes[try cursor.advance(by: Int(extraCount))])
            _ = try cursor.advance(by: Int(commentCount))
            guard Self.isPlain(name) else { throw .archive(.unsafeName(name)) }
            guard flags & 1 == 0 else { throw .archive(.encrypted(name)) }
            guard method == 0 else { throw .archive(.compressed(name, method: Int(method))) }
            guard sizes.packed == sizes.size else { throw .archive(.beyondFile(name)) }
            self.size = Int(clamping: sizes.size)
            self.offset = Int(clamping: sizes.offset)
        }

        /// No file is written by these names, but only a forged archive has one that leads out of its folder.
        private static func isPlain(_ name: String) -> Bool {
            !name.isEmpty && !name.hasPrefix("/") && !name.unicodeScalars.contains { $0 == "\\" || $0 == "\0" }
                && !name.split(separator: "/", omittingEmptySubsequences: false).contains("..")
        }

        /// The position of its bytes: after its local header, which must be present and have the same name.
        func start(_ source: ByteSource, end: Int) throws -> Int {
            let headerBytes = 30
            guard end >= headerBytes + nameBytes.count, offset <= end - headerBytes - nameBytes.count else {
                throw PyTorchError.Problem.archive(.beyondFile(name))
            }
            var header = ByteCursor(try source.read(at: offset, count: headerBytes + nameBytes.count))
            guard try header.number(UInt32.self) == 0x0403_4B50 else { throw PyTorchError.Problem.archive(.badEntry) }
            _ = try header.advance(by: 22)
            let (nameCount, extraCount) = (try header.number(UInt16.self), try header.number(UInt16.self))
            guard header.bytes[headerBytes...].elementsEqual(nameBytes), nameCount == nameBytes.count else {
                throw PyTorchError.Problem.archive(.otherName(name))
            }
            let start = offset + headerBytes + nameBytes.count + Int(extraCount)
            guard start <= end else { throw PyTorchError.Problem.archive(.beyondFile(name)) }
            return start
        }
    }

    /// The sizes of an entry, which may exceed 32 bits.
    private struct Sizes {
        var packed, size, offset: UInt64

        /// Reads the sizes that are all ones from the extra field 1 (zip64), in this order.
        mutating func readZip64(_ extra: ArraySlice<UInt8>) throws(PyTorchError.Problem) {
            let full = UInt64(UInt32.max)
            guard packed == full || size == full || offset == full else { return }
            var cursor = ByteCursor(Array(extra))
            while cursor.remaining > 0 {
                let (kind, count) = (try cursor.number(UInt16.self), try cursor.number(UInt16.self))
                var field = ByteCursor(Array(cursor.bytes[try cursor.advance(by: Int(count))]))
                guard kind == 1 else { continue }
                if size == full { size = try field.number() }
                if packed == full { packed = try field.number() }
                if offset == full { offset = try field.number() }
                return
            }
        }
    }
}
