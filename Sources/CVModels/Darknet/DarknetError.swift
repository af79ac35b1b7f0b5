import CVCore

/// A darknet `.cfg` or `.weights` that cannot be used, and why.
public struct DarknetError: ToolkitError, Equatable {
    /// The kind of the error.
    public enum Problem: Sendable, Equatable {
        /// The text is not made of sections and `key=value` lines.
        case syntax(String)
        /// A layer, an activation or an option that affects the result and is not supported.
        case unsupported(String)
        /// A value that is out of range or does not match the layers before.
        case invalid(String)
        /// Fewer or more numbers than the layers need; both counts are of 32-bit floats.
        case weightCount(expected: Int, found: Int)
        /// NaN or infinite numbers.
        case notFinite(layer: String, count: Int)
        /// Negative variances of a normalization.
        case negativeVariance(layer: String, count: Int)
    }

    /// The file, with the line if known: `net.cfg:12`.
    public let location: String
    /// The kind of the error, with its details.
    public let problem: Problem

    /// An error at a location.
    ///
    /// - Parameters:
    ///   - location: the file, with the line if known.
    ///   - problem: the kind of the error.
    public init(_ location: String, _ problem: Problem) {
        self.location = location
        self.problem = problem
    }

    public var description: String {
        let text =
            switch problem {
            case .syntax(let text), .invalid(let text): text
            case .unsupported(let text): "\(text) is not supported"
            case .weightCount(let expected, let found):
                "holds \(found) numbers, the .cfg asks for \(expected): "
                    + (found < expected ? "the file is cut short or " : "it ") + "belongs to another .cfg"
            case .notFinite(let layer, let count):
                "\(count) numbers of \(layer) are NaN or infinite: the file is damaged"
            case .negativeVariance(let layer, let count):
                "\(count) variances of \(layer) are negative: the file is damaged or belongs to another .cfg"
            }
        return "\(location.escapedForDisplay): \(text)"
    }
}

extension DarknetError {
    public var category: ErrorCategory {
        switch problem {
        case .unsupported: .unsupported
        case .syntax, .invalid, .weightCount, .notFinite, .negativeVariance: .invalid
        }
    }
}
