import CCodecs
import CVCore

/// A decoder of one file: reads the header, then the samples, with the C codecs.
struct Decoder: ~Copyable {
    private let handle: OpaquePointer
    private let options: DecodingOptions
    private let name: String
    /// The size of the stored image, before the EXIF orientation is applied.
    let width, height: Int
    let format: Image.Format
    /// Samples per pixel: the channels of `format`, or 1 for indices.
    private let samples: Int

    /// Reads the header and checks it against the limits. `bytes` must outlive the decoder.
    ///
    /// - Parameter indices: whether to read the stored values of a palette or grayscale PNG instead of colors.
    init(
        _ container: ImageContainer, _ bytes: UnsafeBufferPointer<UInt8>, _ options: DecodingOptions,
        indices: Bool = false, name: String
    ) throws(ImageError) {
        let limits = cvc_options(
            max_scans: Int32(clamping: max(1, options.maxScans)), tolerant: options.allowTruncated, indices: indices)
        let opened =
            switch container {
            case .jpeg: cvc_jpeg_open(bytes.baseAddress, bytes.count, limits)
            case .png: cvc_png_open(bytes.baseAddress, bytes.count, limits)
            }
        guard let opened else { throw ImageError(name, .unsupported(reason: "there is not enough memory")) }
        let header = cvc_decoder_header(opened)
        let width = Int(header.width)
        let height = Int(header.height)
        // Sides are below 2^31. The limit of a terapixel keeps the number of samples from overflowing.
        let limit = min(options.maxPixels, 1 << 40)
        let problem =
            Self.problem(of: opened, options)
            ?? (width * height > limit ? .tooLarge(width: width, height: height, limit: limit) : nil)
        let format = indices ? Image.Format.rgb : Image.Format(rawValue: Int(header.channels))
        guard problem == nil, let format else {
            cvc_close(opened)
            throw ImageError(name, problem ?? .corrupt(reason: "its header is not complete"))
        }
        samples = indices ? 1 : format.rawValue
        handle = opened
        self.options = options
        self.name = name
        self.width = width
        self.height = height
        self.format = format
    }

    deinit { cvc_close(handle) }

    /// Decodes the image in its stored orientation.
    consuming func read() throws -> Image {
        let (width, height, format) = (width, height, format)
        return Image(width: width, height: height, format: format, pixels: try readSamples())
    }

    /// Decodes the samples: height × width × samples.
    consuming func readSamples() throws -> [UInt8] {
        let count = width * height * samples
        // What is done with an image takes a copy of it, and a few smaller ones.
        let needed = 2 * count + Self.reserve
        guard count < Self.reserve || canAllocate(needed) else {
            throw ImageError(name, .notEnoughMemory(width: width, height: height, needed: needed))
        }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            HugePages.advise(buffer.baseAddress, bytes: count)
            cvc_read(handle, buffer.baseAddress)
            if let problem = Self.problem(of: handle, options) { throw ImageError(name, problem) }
            initialized = count
        }
    }

    /// In bytes; images of less are decoded without asking.
    private static let reserve = 1 << 25

    private static func problem(of handle: OpaquePointer, _ options: DecodingOptions) -> ImageError.Problem? {
        let reason = String(cString: cvc_decoder_message(handle))
        return switch cvc_decoder_status(handle) {
        case CVC_OK: nil
        case CVC_TRUNCATED: .truncated(reason: reason)
        case CVC_UNSUPPORTED: .unsupported(reason: reason)
        case CVC_TOO_MANY_SCANS: .tooManyScans(limit: options.maxScans)
        default: .corrupt(reason: reason)
        }
    }
}
