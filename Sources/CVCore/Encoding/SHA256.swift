/// Implemented here rather than taken from swift-crypto, which would add all of BoringSSL to the build of every
/// dependent package for one checksum of files. Not for secrets: it is not hardened against side channels.
package struct SHA256: Sendable {
    private var state: SIMD8<UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    /// The bytes of an incomplete block of 64.
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    /// The hash of an empty message.
    package init() {}

    /// The digest of `bytes` as 64 lowercase hexadecimal digits.
    package static func hexDigest(of bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { hexDigest(of: $0) }
    }

    /// The digest of `bytes` as 64 lowercase hexadecimal digits.
    package static func hexDigest(of bytes: UnsafeRawBufferPointer) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hexDigest()
    }

    /// Appends bytes to the message.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let head = rest.prefix(64 - pending.count)
            pending += head
            rest = rest.dropFirst(head.count)
            guard pending.count == 64 else { return }
            pending.withUnsafeBytes { processBlocks($0) }
            pending.removeAll(keepingCapacity: true)
        }
        let whole = rest.count & ~63
        processBlocks(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
        pending += rest.dropFirst(whole)
    }

    /// Appends bytes to the message.
    package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// The digest of the message so far, as 64 lowercase hexadecimal digits.
    package func hexDigest() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = digest().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// The digest of the message so far: 32 bytes.
    package func digest() -> [UInt8] {
        // Padding: one bit, zeros, and the length in bits as the last eight bytes of a block.
        var padded = self
        let zeros = (119 - pending.count) % 64
        padded.update([0x80] + [UInt8](repeating: 0, count: zeros))
        padded.update(withUnsafeBytes(of: (length &* 8).bigEndian) { Array($0) })
        return (0..<8).flatMap { word in withUnsafeBytes(of: padded.state[word].bigEndian) { Array($0) } }
    }

    /// `blocks.count` is a multiple of 64.
    private mutating func processBlocks(_ blocks: UnsafeRawBufferPointer) {
        Self.roundConstants.withUnsafeBufferPointer { constants in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
                for offset in stride(from: 0, to: blocks.count, by: 64) {
                    Self.prepare(schedule, from: blocks, at: offset)
                    Self.compress(&state, schedule, constants)
                }
            }
        }
    }

    /// The message schedule W of one block.
    private static func prepare(
        _ schedule: UnsafeMutableBufferPointer<UInt32>, from blocks: UnsafeRawBufferPointer, at offset: Int
    ) {
        for t in 0..<16 {
            let word = blocks.loadUnaligned(fromByteOffset: offset &+ 4 &* t, as: UInt32.self)
            schedule[t] = UInt32(bigEndian: word)
        }
        for t in 16..<64 {
            let w15 = schedule[t &- 15]
            let w2 = schedule[t &- 2]
            let sigma0 = rotated(w15, 7) ^ rotated(w15, 18) ^ (w15 &>> 3)
            let sigma1 = rotated(w2, 17) ^ rotated(w2, 19) ^ (w2 &>> 10)
            schedule[t] = sigma1 &+ schedule[t &- 7] &+ sigma0 &+ schedule[t &- 16]
        }
    }

    private static func compress(
        _ state: inout SIMD8<UInt32>, _ schedule: UnsafeMutableBufferPointer<UInt32>,
        _ constants: UnsafeBufferPointer<UInt32>
    ) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        @inline(__always) func round(
            _ t: Int, _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
            _ h: inout UInt32
        ) {
            let sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let t1 = h &+ sum1 &+ ((e & f) ^ (~e & g)) &+ constants[t] &+ schedule[t]
            let sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            d = d &+ t1
            h = t1 &+ sum0 &+ ((a & b) ^ (a & c) ^ (b & c))
        }
        // The variables rotate instead of the values: after eight rounds they are back in order.
        for t in stride(from: 0, to: 64, by: 8) {
            round(t, a, b, c, &d, e, f, g, &h)
            round(t &+ 1, h, a, b, &c, d, e, f, &g)
            round(t &+ 2, g, h, a, &b, c, d, e, &f)
            round(t &+ 3, f, g, h, &a, b, c, d, &e)
            round(t &+ 4, e, f, g, &h, a, b, c, &d)
            round(t &+ 5, d, e, f, &g, h, a, b, &c)
            round(t &+ 6, c, d, e, &f, g, h, a, &b)
            round(t &+ 7, b, c, d, &e, f, g, h, &a)
        }
        state &+= SIMD8(a, b, c, d, e, f, g, h)
    }

    @inline(__always) private static func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 {
        x &>> n | x &<< (32 &- n)
    }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (section 4.2.2).
    private static let roundConstants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
