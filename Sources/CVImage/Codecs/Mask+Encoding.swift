import CCodecs
import CVCore

extension Mask {
    /// What the values of a mask look like in a file.
    public enum Appearance: Sendable, Equatable {
        /// From black for 0 to white for 255.
        case gray
        /// The colour of each value, at most 256; alpha is dropped. Values beyond the last are grey levels.
        case palette([Color])
    }

    /// The mask as an 8-bit PNG file whose pixels are its values: grey, or indexed.
    ///
    /// - Throws: `ImageError` when `compression` is not 0 … 9.
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

    /// Writes it to `path`, all of it or nothing.
    ///
    /// - Throws: `FileError` when the file cannot be written.
    public func write(to path: String, as appearance: Appearance = .gray, overwrite: Bool = false) throws {
        try FileOutput.checkWritable(path, overwrite: overwrite)
        try FileOutput.write(encodedPNG(appearance, name: path), to: path, overwrite: overwrite)
    }

    /// All 256 colours: a file whose pixels lie outside its palette is none.
    private static func table(_ colors: [Color]) -> [UInt8] {
        precondition(colors.count <= 256, "a palette of \(colors.count) colours; a byte tells at most 256 apart")
        return (0..<256).flatMap { index -> [UInt8] in
            guard index < colors.count else { return [UInt8](repeating: UInt8(index), count: 3) }
            return [colors[index].red, colors[index].green, colors[index].blue]
        }
    }
}
