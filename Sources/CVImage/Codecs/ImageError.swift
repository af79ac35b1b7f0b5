import CVCore

/// Bytes that do not decode to a picture, or a picture that cannot be encoded, and why.
public struct ImageError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        /// Neither JPEG nor PNG; `found` says what the bytes look like.
        case unrecognized(found: String)
        /// The header announces more than `limit` pixels. Nothing was allocated for them.
        case tooLarge(width: Int, height: Int, limit: Int)
        /// The data end before the picture does.
        case truncated(reason: String)
        /// The data contradict the format; `reason` is the codec's own words.
        case corrupt(reason: String)
        /// A valid file of a kind that is not decoded, such as 12-bit JPEG.
        case unsupported(reason: String)
        /// A file whose pixels are no numbers of classes.
        case noMask(reason: String)
        /// A progressive JPEG that would have to be gone over more than `limit` times.
        case tooManyScans(limit: Int)
        /// The picture or the parameters do not fit the format to write.
        case cannotEncode(reason: String)
        /// A name to write to whose suffix stands for no format.
        case unknownSuffix
    }

    /// The path, or what else the bytes were called.
    public let name: String
    public let problem: Problem

    public init(_ name: String, _ problem: Problem) {
        self.name = name
        self.problem = problem
    }

    public var description: String {
        "\(name.escapedForDisplay): " + explanation
    }

    private var explanation: String {
        switch problem {
        case .unrecognized(let found):
            "is no JPEG or PNG picture: \(found)"
        case .tooLarge(let width, let height, let limit):
            "has \(width) × \(height) pixels; at most \(limit) are decoded: raise the limit if you trust the file"
        case .truncated(let reason):
            "is cut short: the picture is not complete (\(reason))"
        case .corrupt(let reason):
            "is damaged: \(reason)"
        case .unsupported(let reason):
            "is of a kind that cannot be decoded: \(reason); save it as an 8-bit JPEG or as PNG"
        case .noMask(let reason):
            "cannot be a mask: \(reason); a PNG with a palette, or a grey one of 8 bits, is expected, whose values are "
                + "the numbers of classes"
        case .tooManyScans(let limit):
            "is a progressive JPEG of more than \(limit) scans; raise the limit if you trust the file"
        case .cannotEncode(let reason):
            "cannot be encoded: \(reason)"
        case .unknownSuffix:
            "has a suffix that names no format to write; use .jpg, .jpeg or .png"
        }
    }
}
