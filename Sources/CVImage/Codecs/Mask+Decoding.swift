import CVCore

extension Mask {
    /// Decodes a mask whose pixels are numbers: a PNG with a palette, whose indices they are, or a grey one of up to 8
    /// bits.
    ///
    /// A palette's colours play no part, and the grey of 1, 2 and 4 bits is not stretched: 1 stays 1.
    ///
    /// - Throws: `FileError` when the file cannot be read, `ImageError` when it is no such PNG or does not decode.
    public init(contentsOf path: String, options: DecodingOptions = .init()) throws {
        try self.init(data: FileInput.read(path, maxBytes: options.maxFileBytes), options: options, name: path)
    }

    /// The same of a file that is in memory; `name` stands for it in error messages.
    ///
    /// - Throws: `ImageError`.
    public init(data bytes: [UInt8], options: DecodingOptions = .init(), name: String = "mask") throws {
        guard ImageContainer(recognizing: bytes) == .png else { throw ImageError(name, .noMask(reason: "no PNG file")) }
        self = try bytes.withUnsafeBufferPointer { bytes throws in
            let decoder: Decoder
            do throws(ImageError) {
                decoder = try Decoder(.png, bytes, options, indices: true, name: name)
            } catch {
                // The advice for pictures, to save them as 8-bit RGB, is none for masks.
                if case .unsupported(let reason) = error.problem { throw ImageError(name, .noMask(reason: reason)) }
                throw error
            }
            let (width, height) = (decoder.width, decoder.height)
            return Mask(width: width, height: height, values: try decoder.readSamples())
        }
    }
}
