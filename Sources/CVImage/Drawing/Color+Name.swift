extension Color {
    /// The named colors.
    public static let named: KeyValuePairs<String, Color> = [
        "black": .black, "white": .white, "gray": Color(128, 128, 128), "grey": Color(128, 128, 128),
        "red": Color(220, 40, 40), "orange": Color(245, 140, 30), "yellow": Color(250, 220, 50),
        "green": Color(40, 160, 70), "blue": Color(40, 100, 220), "purple": Color(130, 60, 180),
        "pink": Color(245, 150, 190), "brown": Color(130, 85, 50),
    ]

    /// Parses a color name, in any case, or `#rrggbb` or `#rgb`; nil for anything else.
    ///
    /// - Parameter text: a key of ``named``, or hexadecimal digits.
    public init?(text: String) {
        let word = text.lowercased()
        if let found = Self.named.first(where: { $0.key == word }) {
            self = found.value
            return
        }
        guard word.hasPrefix("#") else { return nil }
        let digits = word.dropFirst().map { $0.isASCII ? $0.hexDigitValue : nil }.compactMap { $0.map(UInt8.init) }
        guard digits.count == word.count - 1 else { return nil }
        switch digits.count {
        case 3: self.init(digits[0] * 17, digits[1] * 17, digits[2] * 17)
        case 6: self.init(digits[0] << 4 | digits[1], digits[2] << 4 | digits[3], digits[4] << 4 | digits[5])
        default: return nil
        }
    }
}
