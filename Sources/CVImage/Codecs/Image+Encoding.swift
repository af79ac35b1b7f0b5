import CCodecs
import CVCore

/// An output format with its parameters.
public enum ImageFileFormat: Sendable, Equatable {
    /// A JPEG of `quality` 1 (smallest) to 100, on libjpeg's scale. Up to 90 chroma is subsampled (4:2:0), as in
    /// Pillow; above, it has full resolution (4:4:4).
    case jpeg(quality: Int = 90)
    /// A PNG, lossless, of `compression` 0 (none) to 9 (slowest).
    case png(compression: Int = ImageFileFormat.defaultCompression)

    /// The default level of PNG compression. zlib's own default, 6, takes 1.5 to 3 times as long, for files from 8 %
    /// smaller to 7 % larger.
    public static let defaultCompression = 3

    /// The format of a file suffix, with default parameters; nil for an unknown suffix.
    ///
    /// - Parameter pathExtension: without the dot, in any case.
    public init?(pathExtension: String) {
        switch pathExtension.lowercased() {
        case "jpg", "jpeg", "jpe", "jfif": self = .jpeg()
        case "png": self = .png()
        default: return nil
        }
    }
}

extension Image {
    /// Encodes the image as a file in memory.
    ///
    /// JPEG has no transparency: an RGBA image is composited over white.
    ///
    /// - Parameter format: the file format.
    /// - Returns: the bytes of the file.
    /// - Throws: `ImageError` if a parameter is out of range or the image too large for the format (JPEG: 65500 pixels
    ///   a side).
    public func encoded(as format: ImageFileFormat) throws(ImageError) -> [UInt8] {
        try encoded(as: format, name: "image")
    }

    /// Writes the image to a file, atomically.
    ///
    /// - Parameters:
    ///   - path: the path of the file.
    ///   - format: nil for the one of the suffix of `path`.
    ///   - quality: of a JPEG chosen by suffix, 1 to 100.
    ///   - overwrite: whether to replace an existing file.
    /// - Throws: `FileError` if the file cannot be written, `ImageError` as ``encoded(as:)`` or for an unknown suffix.
    public func write(
        to path: String, format: ImageFileFormat? = nil, quality: Int = 90, overwrite: Bool = false
    ) throws {
        guard let format = format ?? ImageFileFormat(path: path, quality: quality) else {
            throw ImageError(path, .unknownSuffix)
        }
        // Checked before the work of encoding.
        try FileOutput.checkWritable(path, overwrite: overwrite)
        try FileOutput.write(encoded(as: format, name: path), to: path, overwrite: overwrite)
    }

    private func encoded(as format: ImageFileFormat, name: String) throws(ImageError) -> [UInt8] {
        switch format {
        case .jpeg(let quality):
            try Self.check(quality, in: 1...100, "quality", name)
            guard max(width, height) <= 65500 else {
                let reason = "JPEG has at most 65500 pixels a side, the image has \(width) × \(height); write PNG"
                throw ImageError(name, .cannotEncode(reason: reason))
            }
            let opaque = flattened(over: .white)
            return try Self.bytes(named: name) {
                cvc_jpeg_encode(opaque.pixels, UInt32(width), UInt32(height), Int32(quality), quality > 90)
            }
        case .png(let compression):
            try Self.check(compression, in: 0...9, "compression", name)
            guard max(width, height) <= Int(Int32.max) else {
                throw ImageError(name, .cannotEncode(reason: "PNG has at most 2147483647 pixels a side"))
            }
            return try Self.bytes(named: name) {
                cvc_png_encode(pixels, UInt32(width), UInt32(height), Int32(channels), Int32(compression))
            }
        }
    }

    static func check(
        _ value: Int, in range: ClosedRange<Int>, _ what: String, _ name: String
    ) throws(ImageError) {
        guard range.contains(value) else {
            let reason = "\(what) is \(value), expected \(range.lowerBound) to \(range.upperBound)"
            throw ImageError(name, .cannotEncode(reason: reason))
        }
    }
}

extension Image {
    /// Copies and frees the result of a C encoder.
    static func bytes(named name: String, _ encode: () -> OpaquePointer?) throws(ImageError) -> [UInt8] {
        guard let encoded = encode() else {
            throw ImageError(name, .cannotEncode(reason: "there is not enough memory"))
        }
        defer { cvc_encoded_free(encoded) }
        guard let bytes = cvc_encoded_bytes(encoded) else {
            throw ImageError(name, .cannotEncode(reason: String(cString: cvc_encoded_message(encoded))))
        }
        return [UInt8](UnsafeBufferPointer(start: bytes, count: cvc_encoded_count(encoded)))
    }
}

extension ImageFileFormat {
    fileprivate init?(path: String, quality: Int) {
        let file = FileSystem.name(of: path)
        guard let dot = file.lastIndex(of: ".") else { return nil }
        self.init(pathExtension: String(file[file.index(after: dot)...]))
        if case .jpeg = self { self = .jpeg(quality: quality) }
    }
}
