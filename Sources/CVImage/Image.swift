/// An image of 8-bit samples in row-major order from the top left, with interleaved channels (`[H, W, C]`).
///
/// Decoding converts every file format (grayscale, palette, 16 bits, CMYK …) to `.rgb`, or to `.rgba` if it has
/// transparency. Alpha is straight (not premultiplied). Value semantics: a copy is cheap until it is modified.
public struct Image: Sendable, Equatable {
    /// The pixel format. The raw value is the number of channels.
    public enum Format: Int, Sendable, Equatable {
        /// Red, green, blue.
        case rgb = 3
        /// Red, green, blue, straight alpha.
        case rgba = 4
    }

    /// In pixels; at least 1.
    public let width: Int
    /// In pixels; at least 1.
    public let height: Int
    /// The pixel format.
    public let format: Format
    /// `height × width × channels` samples.
    public internal(set) var pixels: [UInt8]

    /// Samples per pixel: 3 or 4.
    public var channels: Int { format.rawValue }
    /// Samples per row.
    public var stride: Int { width * channels }

    /// An image of existing samples.
    ///
    /// - Parameters:
    ///   - width: in pixels, at least 1.
    ///   - height: in pixels, at least 1.
    ///   - format: the pixel format.
    ///   - pixels: height × width × channels samples.
    public init(width: Int, height: Int, format: Format, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "an image of \(width)×\(height) pixels is empty")
        precondition(
            pixels.count == width * height * format.rawValue,
            "\(width)×\(height)×\(format.rawValue) samples expected, found \(pixels.count)")
        self.width = width
        self.height = height
        self.format = format
        self.pixels = pixels
    }

    /// An image of one color.
    ///
    /// - Parameters:
    ///   - width: in pixels, at least 1.
    ///   - height: in pixels, at least 1.
    ///   - format: the pixel format.
    ///   - fill: the color; its alpha is dropped for `.rgb`.
    public init(width: Int, height: Int, format: Format = .rgb, fill: Color) {
        let sample = [fill.red, fill.green, fill.blue, fill.alpha]
        let channels = format.rawValue
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, count in
            for index in 0..<width * height * channels { buffer[index] = sample[index % channels] }
            count = width * height * channels
        }
        self.init(width: width, height: height, format: format, pixels: pixels)
    }

    /// The color of one pixel; opaque for `.rgb`.
    ///
    /// - Parameters:
    ///   - x: the column, from the left.
    ///   - y: the row, from the top.
    public subscript(x: Int, y: Int) -> Color {
        get {
            let start = offset(x, y)
            let alpha = format == .rgba ? pixels[start + 3] : 255
            return Color(pixels[start], pixels[start + 1], pixels[start + 2], alpha)
        }
        set {
            let start = offset(x, y)
            pixels[start] = newValue.red
            pixels[start + 1] = newValue.green
            pixels[start + 2] = newValue.blue
            if format == .rgba { pixels[start + 3] = newValue.alpha }
        }
    }

    private func offset(_ x: Int, _ y: Int) -> Int {
        precondition(
            (0..<width).contains(x) && (0..<height).contains(y), "pixel (\(x), \(y)) is outside \(width)×\(height)")
        return (y * width + x) * channels
    }
}

extension Image {
    /// Drops the alpha channel; the colors are unchanged.
    ///
    /// - Returns: an image of format `.rgb`.
    public func withoutAlpha() -> Image {
        guard format == .rgba else { return self }
        let count = width * height
        let opaque = [UInt8](unsafeUninitializedCapacity: 3 * count) { buffer, initialized in
            for index in 0..<count {
                for channel in 0..<3 { buffer[3 * index + channel] = pixels[4 * index + channel] }
            }
            initialized = 3 * count
        }
        return Image(width: width, height: height, format: .rgb, pixels: opaque)
    }
}
