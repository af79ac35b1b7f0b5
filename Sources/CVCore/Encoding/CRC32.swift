/// CRC-32 as in zip archives and PNG files (ISO 3309, the reversed polynomial EDB88320), like Python's `zlib.crc32`.
///
/// Processes eight bytes at a time with eight tables (Kounavis and Berry 2005, "slicing-by-8").
package struct CRC32: Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    /// The checksum of no bytes.
    package init() {}

    /// The checksum of `bytes`.
    package static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.checksum
    }

    /// The checksum of all bytes so far.
    package var checksum: UInt32 { ~state }

    /// Appends bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var crc = state
        let whole = bytes.count & ~7
        Self.tables.withUnsafeBufferPointer { tables in
            func entry(_ table: Int, _ byte: UInt64) -> UInt32 { tables[table &* 256 &+ Int(byte & 0xFF)] }
            for offset in stride(from: 0, to: whole, by: 8) {
                let next = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let word = UInt64(littleEndian: next) ^ UInt64(crc)
                crc = entry(7, word) ^ entry(6, word >> 8)
                crc ^= entry(5, word >> 16) ^ entry(4, word >> 24)
                crc ^= entry(3, word >> 32) ^ entry(2, word >> 40)
                crc ^= entry(1, word >> 48) ^ entry(0, word >> 56)
            }
            for byte in bytes[whole...] { crc = (crc >> 8) ^ entry(0, UInt64(crc ^ UInt32(byte))) }
        }
        state = crc
    }

    /// Table 0 is for single bytes; table k is for a byte followed by k others.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        for byte in 0..<UInt32(256) {
            var crc = byte
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
            tables.append(crc)
        }
        for position in 0..<7 * 256 {
            let crc = tables[position]
            tables.append((crc >> 8) ^ tables[Int(crc & 0xFF)])
        }
        return tables
    }()
}
