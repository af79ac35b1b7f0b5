import CVCore
import Testing

/// Against the test vectors of RFC 4648 (section 10), and what it calls for rejecting.
@Suite struct Base64Tests {
    @Test(
        "base64: texts with and without padding, white space and the prefix of a data URL",
        arguments: [
            ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"), ("Zg", "f"), ("Zm8", "fo"), (" Zm9v\r\n\tYmFy\n", "foobar"),
            ("data:image/png;base64,Zm9v", "foo"),
        ])
    func textsAreDecoded(text: String, expected: String) {
        #expect(Base64.decoded(text) == Array(expected.utf8))
    }

    @Test("base64: all bytes survive, those of + and / too") func allBytesSurvive() {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bytes = (0...255).map { UInt8($0) } + [0xFB, 0xEF, 0xBE, 0xFF]
        var text = ""
        for start in stride(from: 0, to: bytes.count - 2, by: 3) {
            let bits = bytes[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
            text += [18, 12, 6, 0].map { String(letters[bits >> $0 & 63]) }.joined()
        }
        #expect(Base64.decoded(text) == Array(bytes.prefix(bytes.count / 3 * 3)))
    }

    @Test(
        "base64: what is none is refused",
        arguments: [
            "?", "Zm9v!", "Z", "Z===", "Zg=", "Zg===", "Zm8==", "Zm9v=", "=", "Z=g=", "Zg==Zg==", "Zm8=v", "Zm9-",
            "Zm\u{E9}v",
        ])
    func otherTextIsRefused(text: String) {
        #expect(Base64.decoded(text) == nil)
    }
}
