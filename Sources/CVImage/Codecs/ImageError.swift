import CVCore

/// A failure to decode or encode an image.
public struct ImageError: ToolkitError, Equatable {
    /// What went wrong.
    public enum Problem: Sendable, Equatable {
        /// Neither JPEG nor PNG; `found` describes the bytes.
        case unrecognized(found: String)
        /// The header declares more than `limit` pixels. Nothing was allocated for them.
        case tooLarge(width: Int, height: Int, limit: Int)
        /// There is not enough memory to decode so many pixels, and to work with them.
        case notEnoughMemory(width: Int, height: Int, needed: Int)
        /// The data end before the image does.
        case truncated(reason: String)
        /// The data violate the format; `reason` is the message of the codec.
        case corrupt(reason: String)
        /// A valid file of an unsupported kind, such as 12-bit JPEG.
        case unsupported(reason: String)
        /// A file whose pixels are not class indices.
        case noMask(reason: String)
        /// A progressive JPEG of more than `limit` scans.
        case tooManyScans(limit: Int)
        /// The image or the parameters do not suit the output format.
        case cannotEncode(reason: String)
        /// Pixels in memory that do not make an image of the stated size.
        case badPixels(reason: String)
        /// An output path whose suffix is not a known format.
        case unknownSuffix
    }

    /// The path, or the name given to the bytes.
    public let name: String
    /// What went wrong.
    public let problem: Problem

    /// An error about an image.
    ///
    /// - Parameters:
    ///   - name: the path, or a name for the bytes.
    ///   - problem: what went wrong.
    public init(_ name: String, _ problem: Problem) {
        self.name = name
        self.problem = problem
    }

    /// The whole message, on one line.
    public var description: String {
        "\(name.escapedForDisplay): " + explanation
    }

    private var explanation: String {
        switch problem {
        case .unrecognized(let found):
            "is not a JPEG or PNG image: \(found)"
        case .tooLarge(let width, let height, let limit):
            "has \(width) × \(height) pixels; at most \(limit) are decoded: raise the limit if you trust the file"
        case .notEnoughMemory(let width, let height, let needed):
            "has \(width) × \(height) pixels, which need about \(needed / 1_000_000) MB of memory; so much is not free"
        case .truncated(let reason):
            "is truncated: the image is not complete (\(reason))"
        case .corrupt(let reason):
            "is damaged: \(reason)"
        case .unsupported(let reason):
            "is of a kind that cannot be decoded: \(reason); save it as an 8-bit JPEG or as PNG"
        case .noMask(let reason):
            "cannot be a mask: \(reason); a palette PNG or an 8-bit grayscale PNG is expected, whose values are "
                + "class indices"
        case .tooManyScans(let limit):
            "is a progressive JPEG of more than \(limit) scans; raise the limit if you trust the file"
        case .cannotEncode(let reason):
            "cannot be encoded: \(reason)"
        case .badPixels(let reason):
            "cannot be made of these pixels: \(reason)"
        case .unknownSuffix:
            "has a suffix that is not an output format; use .jpg, .jpeg or .png"
        }
    }
}

extension ImageError {
    public var category: ErrorCategory {
        switch problem {
        case .tooLarge, .tooManyScans, .notEnoughMemory: .limit
        case .unsupported, .unknownSuffix: .unsupported
        case .unrecognized, .truncated, .corrupt, .noMask, .cannotEncode, .badPixels: .invalid
        }
    }
}
