/// A colour in sRGB, 8 bits a channel, with straight alpha (255 is opaque).
public struct Color: Sendable, Equatable, Hashable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8
    public var alpha: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, _ alpha: UInt8 = 255) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }

    public static let black = Color(0, 0, 0)
    public static let white = Color(255, 255, 255)
    /// The grey (114) that detectors are used to see around a letterboxed picture.
    public static let letterbox = Color(114, 114, 114)
}
