/// A picture of 8-bit samples, row after row from the top left, its channels interleaved.
///
/// Whatever a file held (grey, palette, 16 bits, CMYK …), decoding makes it `.rgb`, or `.rgba` where it has
/// transparency. Alpha is straight (not premultiplied). Value semantics: a copy is cheap until it is changed.
public struct Image: Sendable, Equatable {
    /// The raw value is the number of channels.
    public enum Format: Int, Sendable, Equatable {
        case rgb = 3
        case rgba = 4
    }

    /// In pixels; at least 1.
    public let width: Int
    /// In pixels; at least 1.
    public let height: Int
    public let format: Format
    /// `height × width × channels` samples.
    public internal(set) var pixels: [UInt8]

    /// Samples per pixel: 3 or 4.
    public var channels: Int { format.rawValue }
    /// Samples per row.
    public var stride: Int { width * channels }

    public init(width: Int, height: Int, format: Format, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "a picture of \(width)×\(height) pixels has no pixels")
        precondition(
            pixels.count == width * height * format.rawValue,
            "\(width)×\(height)×\(format.rawValue) samples expected, found \(pixels.count)")
        self.width = width
        self.height = height
        self.format = format
        self.pixels = pixels
    }

    /// A picture of one colour. For `.rgb` the alpha of `fill` is dropped.
    public init(width: Int, height: Int, format: Format = .rgb, fill: Color) {
        let sample = [fill.red, fill.green, fill.blue, fill.alpha]
        let channels = format.rawValue
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, count in
            for index in 0..<width * height * channels { buffer[index] = sample[index % channels] }
            count = width * height * channels
        }
        self.init(width: width, height: height, format: format, pixels: pixels)
    }

    /// The colour of one pixel; opaque for `.rgb`.
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
    /// The picture without its transparency: colours stay as they are below it.
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
