import CVCore

/// An input image of a style transfer, for messages.
public enum StyleInput: Sendable, Equatable, CustomStringConvertible {
    /// The content image.
    case content
    /// The style image of an index from 0.
    case style(Int)
    /// The mask over the content of the style of an index from 0.
    case contentMask(Int)
    /// The mask over the style image of an index from 0.
    case styleMask(Int)

    /// The name of the input in a message; it counts from 1.
    public var description: String {
        switch self {
        case .content: "the content image"
        case .style(let index): "style image \(index + 1)"
        case .contentMask(let index): "content mask \(index + 1)"
        case .styleMask(let index): "style mask \(index + 1)"
        }
    }
}

/// An error for a style transfer with invalid inputs or options, or one that failed.
public enum StyleError: ToolkitError, Equatable {
    /// The network has no layer of this name.
    case unknownLayer(String, nearest: String?, known: [String])
    /// A layer is listed twice.
    case layerTwice(String)
    /// The weight of a layer is not a positive number.
    case badLayerWeight(layer: String, found: String)
    /// The objective is empty: no style image, or the weights of content and style are 0.
    case nothingToDo
    /// The image has less than two pixels in the feature maps of the deepest layer.
    case tooSmall(StyleInput, width: Int, height: Int, minimum: Int, layer: String)
    /// The shorter side is too small at the requested size.
    case tooNarrow(StyleInput, size: Int, width: Int, height: Int, minimum: Int)
    /// The image has a single color.
    case oneColor(StyleInput)
    /// The mask is black.
    case emptyMask(StyleInput)
    /// The free memory does not suffice, in bytes; `suggested` is a size that would fit.
    case notEnoughMemory(size: Int, needed: Int, available: Int, suggested: Int?)
    /// The loss became NaN or infinite at a step.
    case notFinite(step: Int)

    /// The message.
    public var description: String {
        switch self {
        case .unknownLayer(let name, let nearest, let known):
            "there is no layer \(quoted(name)): "
                + (nearest.map { "did you mean \($0)? " } ?? "") + "known are \(known.joined(separator: ", "))"
        case .layerTwice(let name): "the layer \(name) is given twice; once is enough"
        case .badLayerWeight(let layer, let found):
            "the weight \(quoted(found)) of the layer \(layer) is not a number above 0, such as \(layer)=0.5"
        case .nothingToDo:
            "there is nothing to optimize for: a style image, or a content weight above 0, is needed"
        case .tooSmall(let image, let width, let height, let minimum, let layer):
            "\(image) has \(width) × \(height) pixels: \(layer) needs at least \(minimum) on each side; use a larger "
                + "image, or layers of a lower number"
        case .tooNarrow(let image, let size, let width, let height, let minimum):
            "\(image) would have \(width) × \(height) pixels at size \(size): at least \(minimum) on each side are "
                + "needed; use a larger size, or crop the image"
        case .oneColor(let image):
            "\(image) is of one color throughout: there is no "
                + (image == .content ? "content in it (irrelevant with a content weight of 0)" : "style in it")
        case .emptyMask(let mask): "\(mask) is black throughout: a mask selects its white part"
        case .notEnoughMemory(let size, let needed, let available, let suggested):
            "size \(size) needs about \(megabytes(needed)) of memory and \(megabytes(available)) are free; "
                + (suggested.map { "size \($0) would fit" } ?? "no size would fit")
        case .notFinite(let step):
            "the loss became NaN or infinite at step \(step): smaller weights of content, style and variation are needed"
        }
    }

    private func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000) MB" }
}

extension StyleError {
    public var category: ErrorCategory {
        switch self {
        case .unknownLayer, .layerTwice, .badLayerWeight, .nothingToDo: .usage
        case .notEnoughMemory: .limit
        case .tooSmall, .tooNarrow, .oneColor, .emptyMask, .notFinite: .invalid
        }
    }
}
