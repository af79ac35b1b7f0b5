import CVCore
import Testing

/// Vectors of NIST's examples for FIPS 180-4, and lengths around a block's end against `hashlib`.
@Suite struct SHA256Tests {
    @Test(
        "SHA-256: equals published digests",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                    + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
            ),
        ]) func equalsThePublishedDigest(message: String, digest: String)
    {
        #expect(SHA256.hexDigest(of: Array(message.utf8)) == digest)
    }

    @Test("SHA-256: equals the digest of a million letters") func millionTimesA() {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        let digest = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        #expect(SHA256.hexDigest(of: bytes) == digest)
    }

    /// One digest over the digests of all lengths from 0 to 200, made with Python's `hashlib`:
    /// `sha256(b"".join(sha256(bytes(range(n))).digest() for n in range(201))).hexdigest()`
    @Test("SHA-256: every length around the block size") func everyLengthAroundTheBlocks() {
        let all = (0...200).flatMap { length -> [UInt8] in
            var hash = SHA256()
            hash.update((0..<length).map { UInt8($0) })
            return hash.digest()
        }
        #expect(SHA256.hexDigest(of: all) == "64ef7c229fce2408b5336b6a542fea0e078c3a87d2da85cb3fc52e2008b65021")
    }

    @Test("SHA-256: chunks give the digest of the whole") func piecesGiveTheSameAsTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for piece in [1, 3, 63, 64, 65, 200] {
            var hash = SHA256()
            for start in stride(from: 0, to: bytes.count, by: piece) {
                hash.update(Array(bytes[start..<min(start + piece, bytes.count)]))
            }
            #expect(hash.hexDigest() == SHA256.hexDigest(of: bytes), "pieces of \(piece)")
        }
    }
}
