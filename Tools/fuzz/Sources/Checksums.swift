import CVCore

/// Makes the checksums of formats right, so that changed inputs get past them.
enum Checksums {
    /// CRC-32 of the chunks of a PNG.
    static func repairPNG(_ bytes: inout [UInt8]) {
        var position = 8
        while position + 12 <= bytes.count {
            let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            guard position + 12 + length <= bytes.count else { return }
            let end = position + 8 + length
            let sum = CRC32.checksum(Array(bytes[position + 4..<end]))
            for index in 0..<4 { bytes[end + index] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * index)) }
            position = end + 4
        }
    }

    /// The sums of the headers of a tar.
    static func repairTar(_ bytes: inout [UInt8]) {
        for start in stride(from: 0, to: bytes.count - 511, by: 512) {
            let header = bytes[start..<start + 512]
            // A header, not content: the sum has the form of one.
            guard bytes[start + 154] == 0, header.prefix(8).contains(where: { $0 != 0 }) else { continue }
            var sum = 0
            for index in 0..<512 { sum += (148..<156).contains(index) ? 32 : Int(bytes[start + index]) }
            let digits = Array(String(sum, radix: 8).utf8)
            let field = [UInt8](repeating: UInt8(ascii: "0"), count: 6 - digits.count) + digits + [0, 32]
            bytes.replaceSubrange(start + 148..<start + 156, with: field)
        }
    }

    /// CRC-32 of the entries of a zip archive that are stored, in its directory.
    static func repairZip(_ bytes: inout [UInt8]) {
        func number(_ at: Int, _ count: Int) -> Int? {
            guard at >= 0, at + count <= bytes.count else { return nil }
            return bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let signature: [UInt8] = [0x50, 0x4B, 1, 2]
        var position = 0
        while position + 46 <= bytes.count {
            guard bytes[position..<position + 4].elementsEqual(signature), let size = number(position + 20, 4),
                let offset = number(position + 42, 4), let name = number(offset + 26, 2),
                let extra = number(offset + 28, 2)
            else {
                position += 1
                continue
            }
            let start = offset + 30 + name + extra
            if start + size <= bytes.count {
                let sum = CRC32.checksum(Array(bytes[start..<start + size]))
                for index in 0..<4 {
                    bytes[position + 16 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index))
                }
            }
            position += 46
        }
    }
}
