import CCodecs
import CVCore

extension Mask {
    /// How the values of a mask are displayed by image viewers.
    public enum Appearance: Sendable, Equatable {
        /// As gray levels, from black for 0 to white for 255.
        case gray
        /// With a color for each value, at most 256; alpha is dropped. Values without a color are gray levels.
        case palette([Color])
    }

    /// Encodes the mask as an 8-bit PNG, grayscale or indexed, whose pixels are its values.
    ///
    /// - Parameters:
    ///   - appearance: grayscale or a palette.
    ///   - compression: 0 (none) to 9 (slowest).
    ///   - name: stands for the mask in error messages.
    /// - Returns: the bytes of the file.
    /// - Throws: `ImageError` if `compression` is out of range or the mask too large.
    public func encodedPNG(
        _ appearance: Appearance = .gray, compression: Int = ImageFileFormat.defaultCompression, name: String = "mask"
    ) throws(ImageError) -> [UInt8] {
        try Image.check(compression, in: 0...9, "compression", name)
        guard max(width, height) <= Int(Int32.max) else {
            throw ImageError(name, .cannotEncode(reason: "PNG has at most 2147483647 pixels a side"))
        }
        return try Image.bytes(named: name) {
            switch appearance {
            case .gray: cvc_png_encode(values, UInt32(width), UInt32(height), 1, Int32(compression))
            case .palette(let colors):
                cvc_png_encode_indexed(
                    values, UInt32(width), UInt32(height), Self.table(colors), 256, Int32(compression))
            }
        }
    }

    /// Writes the mask as a PNG file, atomically.
    ///
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - appearance: grayscale or a palette.
    ///   - overwrite: whether to replace an existing file.
    /// - Throws: `FileError` if the file cannot be written.
    public func write(to path: String, as appearance: Appearance = .gray, overwrite: Bool = false) throws {
        try FileOutput.checkWritable(path, overwrite: overwrite)
        try FileOutput.write(encodedPNG(appearance, name: path), to: path, overwrite: overwrite)
    }

    /// All 256 colors: a PNG with an index outside its palette is invalid.
    private static func table(_ colors: [Color]) -> [UInt8] {
        precondition(colors.count <= 256, "a palette of \(colors.count) colors; at most 256 expected")
        return (0..<256).flatMap { index -> [UInt8] in
            guard index < colors.count else { return [UInt8](repeating: UInt8(index), count: 3) }
            return [colors[index].red, colors[index].green, colors[index].blue]
        }
    }
}
