import CVCore

extension Image {
    /// Decodes a JPEG or PNG file, recognized by its content.
    ///
    /// Grayscale, palette, 1 to 16 bits and CMYK all become RGB; an image with transparency (an alpha channel or a
    /// tRNS chunk) becomes RGBA. 16-bit samples are rounded to 8 (v · 255 / 65535), CMYK is converted without a
    /// color profile as `PIL.Image.convert("RGB")` does, and the orientation is applied that EXIF or else XMP states.
    ///
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - options: limits, and how to treat damaged files.
    /// - Throws: `FileError` if the file cannot be read, `ImageError` if it does not decode.
    public init(contentsOf path: String, options: DecodingOptions = .init()) throws {
        try self.init(
            data: FileInput.read(path, maxBytes: options.maxFileBytes), options: options, name: path)
    }

    /// Decodes the JPEG or PNG file that `url` names; see `init(contentsOf:options:)` for a path.
    ///
    /// - Parameters:
    ///   - url: of a file; nothing is downloaded.
    ///   - options: limits, and how to treat damaged files.
    /// - Throws: `FileError` when the file cannot be read or `url` is not that of a file, `ImageError` when it does not
    ///   decode.
    public init(contentsOf url: Platform.URL, options: DecodingOptions = .init()) throws {
        try self.init(contentsOf: FileInput.path(of: url), options: options)
    }

    /// Decodes a JPEG or PNG file in memory, as ``init(contentsOf:options:)``.
    ///
    /// - Parameters:
    ///   - data: the bytes of the file: `[UInt8]`, Foundation's `Data`, or another collection.
    ///   - options: limits, and how to treat damaged files.
    ///   - name: stands for the file in error messages.
    /// - Throws: `ImageError`.
    public init(data: some Collection<UInt8>, options: DecodingOptions = .init(), name: String = "image") throws {
        let bytes = data as? [UInt8] ?? Array(data)
        let container = try ImageContainer.recognized(bytes, name: name)
        let stored = try bytes.withUnsafeBufferPointer {
            try Decoder(container, $0, options, name: name).read()
        }
        self = options.applyOrientation ? stored.oriented(container.orientation(of: bytes)) : stored
    }
}

extension Image {
    /// Decodes an image as ``init(contentsOf:options:)``, and says what of the file it does not hold.
    ///
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - options: limits, and how to treat damaged files.
    /// - Returns: the image, and a message for a person; nil if there is nothing to say.
    /// - Throws: as the initializer.
    package static func reading(
        _ path: String, options: DecodingOptions
    ) throws -> (image: Image, remark: String?) {
        try reading(FileInput.read(path, maxBytes: options.maxFileBytes), options: options, name: path)
    }

    /// As `reading(_:options:)`, of a file in memory.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of the file.
    ///   - options: limits, and how to treat damaged files.
    ///   - name: stands for the file in messages.
    /// - Returns: the image, and a message for a person; nil if there is nothing to say.
    /// - Throws: `ImageError`.
    package static func reading(
        _ bytes: [UInt8], options: DecodingOptions, name: String
    ) throws -> (image: Image, remark: String?) {
        let image = try Image(data: bytes, options: options, name: name)
        guard case .jpeg? = ImageContainer(recognizing: bytes), JPEGSegments(bytes).hasUnexplainedImageBehind else {
            return (image, nil)
        }
        return (
            image,
            "\(name.escapedForDisplay): another JPEG follows the first, as in Motion JPEG; only the first image is used"
        )
    }
}

/// The header of an image file, which is read without decoding the image.
public struct ImageInfo: Sendable, Equatable {
    /// The file format.
    public let container: ImageContainer
    /// In pixels, after the EXIF orientation unless `applyOrientation` is off.
    public let width: Int
    /// In pixels, as ``width``.
    public let height: Int
    /// The pixel format of the decoded image.
    public let format: Image.Format
    /// The EXIF orientation of the file.
    public let orientation: Orientation

    /// Reads the header of a file.
    ///
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - options: limits of decoding.
    /// - Throws: `FileError` if the file cannot be read, `ImageError` if it has no valid header.
    public init(contentsOf path: String, options: DecodingOptions = .init()) throws {
        try self.init(
            data: FileInput.read(path, maxBytes: options.maxFileBytes), options: options, name: path)
    }

    /// Reads the header of the file that `url` names.
    ///
    /// - Parameters:
    ///   - url: the URL of a file.
    ///   - options: limits of decoding.
    /// - Throws: `FileError` when the file cannot be read or `url` is not that of a file, `ImageError` when it has no
    ///   valid header.
    public init(contentsOf url: Platform.URL, options: DecodingOptions = .init()) throws {
        try self.init(contentsOf: FileInput.path(of: url), options: options)
    }

    /// Reads the header of a JPEG or PNG file that is in memory.
    ///
    /// - Parameters:
    ///   - data: the bytes of the file.
    ///   - options: limits of decoding.
    ///   - name: the name of the image in errors.
    /// - Throws: `ImageError`.
    public init(data: some Collection<UInt8>, options: DecodingOptions = .init(), name: String = "image") throws {
        let bytes = data as? [UInt8] ?? Array(data)
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
