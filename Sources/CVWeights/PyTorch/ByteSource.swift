import CVCore

/// Bytes that are read in parts: those of a file, or some in memory.
enum ByteSource: Sendable {
    case memory([UInt8])
    case file(RandomAccessFile)

    var count: Int {
        switch self {
        case .memory(let bytes): bytes.count
        case .file(let file): file.count
        }
    }

    /// `count` bytes from `offset` on, which must be within.
    func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        switch self {
        case .memory(let bytes): Array(bytes[offset..<offset + count])
        case .file(let file): try file.read(at: offset, count: count)
        }
    }

    /// The same into memory of the caller.
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

/// Goes through bytes from the front, and never beyond their end.
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
        let start = try take(MemoryLayout<Number>.size).lowerBound
        return bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self))
        }
    }

    /// The place of the next `count` bytes, which are gone past.
    mutating func take(_ count: Int) throws(PyTorchError.Problem) -> Range<Int> {
        guard count >= 0, count <= remaining else { throw .endsEarly(at: position, needed: count, left: remaining) }
        defer { position += count }
        return position..<position + count
    }

    /// As `take`, with a count that a file gives.
    mutating func take(_ count: UInt64) throws(PyTorchError.Problem) -> Range<Int> {
        try take(Int(clamping: count))
    }

    /// The text of the next `count` bytes; what is no UTF-8 in it is replaced.
    mutating func text(_ count: Int) throws(PyTorchError.Problem) -> String {
        String(decoding: bytes[try take(count)], as: UTF8.self)
    }

    /// The text up to a newline, which is gone past.
    mutating func line() throws(PyTorchError.Problem) -> String {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
            throw .endsEarly(at: position, needed: remaining + 1, left: remaining)
        }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }
}
