import CVCore

extension Mask {
    /// Decodes a mask from a palette PNG, whose indices are the values, or from a grayscale PNG of up to 8 bits.
    ///
    /// The colors of a palette are ignored, and gray values of 1, 2 and 4 bits are not scaled: 1 stays 1.
    ///
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - options: limits, and how to treat damaged files.
    /// - Throws: `FileError` if the file cannot be read, `ImageError` if it is not such a PNG or does not decode.
    public init(contentsOf path: String, options: DecodingOptions = .init()) throws {
        try self.init(data: FileInput.read(path, maxBytes: options.maxFileBytes), options: options, name: path)
    }

    /// Decodes a mask from a file in memory, as ``init(contentsOf:options:)``.
    ///
    /// - Parameters:
    ///   - bytes: the content of the file.
    ///   - options: limits, and how to treat damaged files.
    ///   - name: stands for the file in error messages.
    /// - Throws: `ImageError`.
    public init(data bytes: [UInt8], options: DecodingOptions = .init(), name: String = "mask") throws {
        guard ImageContainer(recognizing: bytes) == .png else {
            throw ImageError(name, .noMask(reason: "not a PNG file"))
        }
        self = try bytes.withUnsafeBufferPointer { bytes throws in
            let decoder: Decoder
            do throws(ImageError) {
                decoder = try Decoder(.png, bytes, options, indices: true, name: name)
            } catch {
                // The advice for images, to save as 8-bit RGB, does not apply to masks.
                if case .unsupported(let reason) = error.problem { throw ImageError(name, .noMask(reason: reason)) }
                throw error
            }
            let (width, height) = (decoder.width, decoder.height)
            return Mask(width: width, height: height, values: try decoder.readSamples())
        }
    }
}
