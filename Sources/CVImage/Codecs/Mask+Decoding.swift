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

    /// Decodes the mask in the file that `url` names; see `init(contentsOf:options:)` for a path.
    ///
    /// - Parameters:
    ///   - url: the URL of a file.
    ///   - options: limits of decoding.
    /// - Throws: `FileError` when the file cannot be read or `url` is not that of a file, `ImageError` when it is no such
    ///   PNG or does not decode.
    public init(contentsOf url: Platform.URL, options: DecodingOptions = .init()) throws {
        try self.init(contentsOf: FileInput.path(of: url), options: options)
    }

    /// Decodes a mask from a file in memory.
    ///
    /// - Parameters:
    ///   - data: the bytes of the file: `[UInt8]`, Foundation's `Data`, or another collection.
    ///   - options: limits, and how to treat damaged files.
    ///   - name: stands for the file in error messages.
    /// - Throws: `ImageError`.
    public init(data: some Collection<UInt8>, options: DecodingOptions = .init(), name: String = "mask") throws {
        let bytes = data as? [UInt8] ?? Array(data)
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
