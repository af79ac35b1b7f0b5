import CVImage
import TestSupport
import Testing

/// Any bytes give an image or a typed error. A violation shows as a crash, a hang, or under AddressSanitizer.
@Suite struct CodecFuzzTests {
    static let files = [
        "sampling-420.jpg", "progressive.jpg", "arithmetic.jpg", "cmyk-adobe2.jpg", "restart.jpg",
        "palette4-trns-interlaced.png", "rgb16-trns.png", "orientation-6.png", "grey1.png",
    ]
    /// A corrupted header may declare a large image, which is legal and slow: limit it.
    static let limit = 1 << 20

    @Test("decoding: every prefix of a file is an error", arguments: files)
    func everyPrefixIsAnError(_ name: String) throws {
        let bytes = try Golden.bytes(name)
        let tolerant = DecodingOptions(maxPixels: Self.limit, allowTruncated: true)
        for count in 0..<bytes.count {
            let prefix = Array(bytes[..<count])
            let found = try problem(decoding: prefix)
            switch found {
            case .truncated,
                .unrecognized where count < 8:
                break
            default: Issue.record("\(count) of \(bytes.count) bytes: \(String(describing: found))")
            }
            _ = try problem(decoding: prefix, tolerant)
        }
        #expect(try problem(decoding: bytes) == nil)
    }

    @Test("decoding: any changed byte gives an image or an error", arguments: files)
    func everyChangedByteGivesAnImageOrAnError(_ name: String) throws {
        let bytes = try Golden.bytes(name)
        var generator = SplitMix64(seed: 42)
        for tolerant in [false, true] {
            let options = DecodingOptions(maxPixels: Self.limit, allowTruncated: tolerant)
            for index in bytes.indices {
                var changed = bytes
                changed[index] = UInt8.random(in: 0...255, using: &generator)
                _ = try problem(decoding: changed, options)
                changed[index] = 0xFF
                _ = try problem(decoding: changed, options)
            }
        }
    }

    @Test("decoding: several changed bytes give an image or an error", arguments: files)
    func severalChangesGiveAnImageOrAnError(_ name: String) throws {
        let bytes = try Golden.bytes(name)
        var generator = SplitMix64(seed: 43)
        let options = DecodingOptions(maxPixels: Self.limit, allowTruncated: true)
        for _ in 0..<2000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 2...8, using: &generator) {
                changed[Int.random(in: 8..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = try problem(decoding: changed, options)
        }
    }
}
