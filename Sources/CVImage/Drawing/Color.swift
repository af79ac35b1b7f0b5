import CVCore

/// A color in sRGB, 8 bits per channel, with straight alpha.
public struct Color: Sendable, Equatable, Hashable {
    /// Red, 0 to 255.
    public var red: UInt8
    /// Green, 0 to 255.
    public var green: UInt8
    /// Blue, 0 to 255.
    public var blue: UInt8
    /// Opacity, 0 (transparent) to 255 (opaque).
    public var alpha: UInt8

    /// A color.
    ///
    /// - Parameters:
    ///   - red: 0 to 255.
    ///   - green: 0 to 255.
    ///   - blue: 0 to 255.
    ///   - alpha: 0 (transparent) to 255 (opaque).
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, _ alpha: UInt8 = 255) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }

    /// Opaque black.
    public static let black = Color(0, 0, 0)
    /// Opaque white.
    public static let white = Color(255, 255, 255)
    /// The gray (114) that YOLO detectors are trained with around a letterboxed image.
    public static let letterbox = Color(114, 114, 114)
}

extension Color: Codable {
    /// `"#rrggbb"`, or `"#rrggbbaa"` with alpha, as in CSS.
    public init(from decoder: any Swift.Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let digits = text.utf8.dropFirst().compactMap { Character(Unicode.Scalar($0)).hexDigitValue.map(UInt8.init) }
        guard text.hasPrefix("#"), digits.count == text.utf8.count - 1, digits.count == 6 || digits.count == 8 else {
            throw DecodingError.invalid(decoder, "\(quoted(text)) is not a color: #rrggbb or #rrggbbaa is expected")
        }
        func sample(_ index: Int) -> UInt8 { digits[2 * index] << 4 | digits[2 * index + 1] }
        self.init(sample(0), sample(1), sample(2), digits.count == 8 ? sample(3) : 255)
    }

    /// `"#rrggbb"`, or `"#rrggbbaa"` where it is not opaque.
    public func encode(to encoder: any Encoder) throws {
        let samples = [red, green, blue] + (alpha == 255 ? [] : [alpha])
        let digits = samples.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        var container = encoder.singleValueContainer()
        try container.encode("#" + digits.joined())
    }
}
