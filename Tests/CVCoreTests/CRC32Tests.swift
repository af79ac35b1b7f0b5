import CVCore
import Testing

@Suite struct CRC32Tests {
    /// The check value of the catalog of CRCs, and values of Python's `zlib.crc32`.
    @Test("CRC-32: equals known checksums") func agreesWithKnownChecksums() {
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.checksum([]) == 0)
        #expect(CRC32.checksum((0..<1000).map { UInt8($0 % 251) }) == 0x7217_46A6)
    }

    @Test("CRC-32: chunks give the checksum of the whole") func piecesGiveTheSameAsTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        for cut in [0, 1, 7, 8, 9, 500, 999] {
            var crc = CRC32()
            bytes[..<cut].withUnsafeBytes { crc.update($0) }
            bytes[cut...].withUnsafeBytes { crc.update($0) }
            #expect(crc.checksum == CRC32.checksum(bytes))
        }
    }
}
