import CVCore

extension Image {
    /// Decodes the JPEG or PNG file at `path`, recognised by its content.
    ///
    /// Grey, palette, 1 to 16 bits and CMYK all become RGB; a picture with transparency (an alpha channel, or a
    /// tRNS chunk) becomes RGBA. 16-bit samples are rounded to 8 (v · 255 / 65535), CMYK is converted without a
    /// colour profile as `PIL.Image.convert("RGB")` does, and the picture is upright.
    ///
    /// - Throws: `FileError` when the file cannot be read, `ImageError` when it does not decode.
    public init(contentsOf path: String, options: DecodingOptions = .init()) throws {
        try self.init(
            data: FileInput.read(path, maxBytes: options.maxFileBytes), options: options, name: path)
    }

    /// Decodes a JPEG or PNG file that is in memory; `name` stands for it in error messages.
    ///
    /// - Throws: `ImageError`.
    public init(data bytes: [UInt8], options: DecodingOptions = .init(), name: String = "image") throws {
        let container = try ImageContainer.recognized(bytes, name: name)
        let stored = try bytes.withUnsafeBufferPointer {
            try Decoder(container, $0, options, name: name).read()
        }
        self = options.applyOrientation ? stored.oriented(container.orientation(of: bytes)) : stored
    }
}

/// What the header of a picture says; reading it costs nothing near to decoding.
public struct ImageInfo: Sendable, Equatable {
    public let container: ImageContainer
    /// In pixels, of the upright picture unless `applyOrientation` is off.
    public let width: Int
    public let height: Int
    public let format: Image.Format
    /// How the picture is stored.
    public let orientation: Orientation

    /// - Throws: `FileError` when the file cannot be read, `ImageError` when it has no valid header.
    public init(contentsOf path: String, options: DecodingOptions = .init()) throws {
        try self.init(
            data: FileInput.read(path, maxBytes: options.maxFileBytes), options: options, name: path)
    }

    /// - Throws: `ImageError`.
    public init(data bytes: [UInt8], options: DecodingOptions = .init(), name: String = "image") throws {
        container = try ImageContainer.recognized(bytes, name: name)
        orientation = container.orientation(of: bytes)
        let swapped = options.applyOrientation && orientation.swapsSides
        let container = container
        (width, height, format) = try bytes.withUnsafeBufferPointer {
            let decoder = try Decoder(container, $0, options, name: name)
            return swapped
                ? (decoder.height, decoder.width, decoder.format) : (decoder.width, decoder.height, decoder.format)
        }
    }
}

extension ImageContainer {
    fileprivate static func recognized(_ bytes: [UInt8], name: String) throws(ImageError) -> ImageContainer {
        guard let container = ImageContainer(recognizing: bytes) else {
            throw ImageError(name, .unrecognized(found: guess(bytes)))
        }
        return container
    }
}
