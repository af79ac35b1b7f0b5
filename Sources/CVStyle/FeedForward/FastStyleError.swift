import CVCore
import CVModels
import CVNN

/// An error for a feed-forward stylization with invalid inputs or weights.
public enum FastStyleError: ToolkitError, Equatable {
    /// The network is not trained on a style of this name.
    case unknownStyle(String, nearest: String?, known: [String])
    /// A style is listed twice.
    case styleTwice(String)
    /// No style is selected, of so many.
    case noStyle(of: Int)
    /// The image is smaller than its reflection padding.
    case tooSmall(width: Int, height: Int)
    /// The free memory does not suffice, in bytes.
    case notEnoughMemory(width: Int, height: Int, needed: Int, available: Int)
    case otherParameters(path: String, ParameterMismatch)

    /// The message.
    public var description: String {
        switch self {
        case .unknownStyle(let name, let nearest, let known):
            // All names would be a paragraph that hides the one that is meant.
            "there is no style \(quoted(name))"
                + (nearest.map { "; did you mean \(abbreviated($0))?" }
                    ?? Self.similar(to: name, in: known).map { "; similar are \($0)" }
                    ?? " among the \(pluralized(known.count, "style")) of these weights")
        case .styleTwice(let name): "the style \(abbreviated(name)) is given twice; once is enough"
        case .noStyle(let count):
            "these weights have \(count) styles: choose one of them"
        case .tooSmall(let width, let height):
            "the image has \(width) × \(height) pixels: at least \(ImageTransformNet.minimumSide) on each side are needed"
        case .notEnoughMemory(let width, let height, let needed, let available):
            "an image of \(width) × \(height) pixels needs about \(needed / 1_000_000) MB of memory and "
                + "\(available / 1_000_000) are free; make it smaller"
        case .otherParameters(let path, let mismatch): "\(path.escapedForDisplay): \(mismatch)"
        }
    }

    /// The names that begin like a name, or hold it or are held by it; nil if there are none.
    private static func similar(to name: String, in known: [String]) -> String? {
        let name = name.lowercased()
        let start = name.prefix(3)
        guard start.count == 3 else { return nil }
        let similar = known.filter { style in
            let style = style.lowercased()
            return style.hasPrefix(start) || style.contains(name) || (style.count >= 3 && name.contains(style))
        }
        return similar.isEmpty ? nil : similar.prefix(shown).map { abbreviated($0) }.joined(separator: ", ")
    }

    private static let shown = 5
}

extension FastStyleError {
    public var category: ErrorCategory {
        switch self {
        case .unknownStyle, .styleTwice, .noStyle: .usage
        case .notEnoughMemory: .limit
        case .tooSmall, .otherParameters: .invalid
        }
    }
}
