/// Base64 (RFC 4648), in which text files hold images.
package enum Base64 {
    /// The value of each letter; 255 for all others.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// Decodes a text.
    ///
    /// - Parameter text: letters, with white space anywhere, and perhaps with `data:image/png;base64,` before them.
    /// - Returns: the bytes; nil if it is not base64.
    package static func decoded(_ text: String) -> [UInt8]? {
        var letters = Array(text.utf8)[...]
        if letters.starts(with: "data:".utf8), let comma = letters.firstIndex(of: UInt8(ascii: ",")) {
            letters = letters[(comma + 1)...]
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count / 4 * 3)
        var (bits, count, padding) = (UInt32(0), 0, 0)
        for letter in letters where letter != 0x20 && !(0x09...0x0D).contains(letter) {
            if letter == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            let value = values[Int(letter)]
            guard value < 64, padding == 0 else { return nil }
            (bits, count) = (bits << 6 | UInt32(value), count + 1)
            if count % 4 == 0 {
                bytes += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
                bits = 0
            }
        }
        switch (count % 4, padding) {
        case (0, 0): break
        case (2, 0), (2, 2): bytes.append(UInt8(bits >> 4 & 255))
        case (3, 0), (3, 1): bytes += [UInt8(bits >> 10 & 255), UInt8(bits >> 2 & 255)]
        default: return nil
        }
        return bytes
    }
}
