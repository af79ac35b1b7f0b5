import CVCore

/// Bytes that are read in parts, from a file or from memory.
enum ByteSource: Sendable {
    case memory([UInt8])
    case file(RandomAccessFile)

    var count: Int {
        switch self {
        case .memory(let bytes): bytes.count
        case .file(let file): file.count
        }
    }

    /// `count` bytes from `offset` on, which must be in range.
    func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        switch self {
        case .memory(let bytes): Array(bytes[offset..<offset + count])
        case .file(let file): try file.read(at: offset, count: count)
        }
    }

    /// Reads into memory of the caller.
    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(FileError) {
        switch self {
        case .memory(let bytes):
            bytes.withUnsafeBytes { all in
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[offset..<offset + target.count]))
            }
        case .file(let file): try file.read(at: offset, into: target)
        }
    }

    /// CRC-32 of a part, read a megabyte at a time.
    func checksum(_ range: Range<Int>) throws(FileError) -> UInt32 {
        var crc = CRC32()
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
            let piece = try read(at: start, count: min(1 << 20, range.upperBound - start))
            piece.withUnsafeBytes { crc.update($0) }
        }
        return crc.checksum
    }
}

/// A cursor over bytes that never reads beyond their end.
struct ByteCursor {
    let bytes: [UInt8]
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var remaining: Int { bytes.count - position }

    /// The next number, little-endian.
    mutating func number<Number: FixedWidthInteger>(
        _: Number.Type = Number.self
    ) throws(PyTorchError.Problem) -> Number {
        let start = try advance(by: MemoryLayout<Number>.size).lowerBound
        return bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self))
        }
    }

    /// The range of the next `count` bytes; advances the cursor.
    mutating func advance(by count: Int) throws(PyTorchError.Problem) -> Range<Int> {
        guard count >= 0, count <= remaining else { throw .endsEarly(at: position, needed: count, left: remaining) }
        defer { position += count }
        return position..<position + count
    }

    /// As `advance(by:)`, with a count read from a file.
    mutating func advance(by count: UInt64) throws(PyTorchError.Problem) -> Range<Int> {
        try advance(by: Int(clamping: count))
    }

    /// The next `count` bytes as text; invalid UTF-8 is replaced.
    mutating func text(_ count: Int) throws(PyTorchError.Problem) -> String {
        String(decoding: bytes[try advance(by: count)], as: UTF8.self)
    }

    /// The text up to the next newline; advances the cursor past it.
    mutating func line() throws(PyTorchError.Problem) -> String {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
            throw .endsEarly(at: position, needed: remaining + 1, left: remaining)
        }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }
}
