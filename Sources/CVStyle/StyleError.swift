import CVCore
import CVNN

/// One of the pictures of a style transfer.
public enum StyleInput: Sendable, Equatable, CustomStringConvertible {
    case content
    /// From 0.
    case style(Int)
    case contentMask(Int)
    case styleMask(Int)

    public var description: String {
        switch self {
        case .content: "the content picture"
        case .style(let index): "style picture \(index + 1)"
        case .contentMask(let index): "content mask \(index + 1)"
        case .styleMask(let index): "style mask \(index + 1)"
        }
    }
}

/// A style transfer that cannot be made as asked, or that failed.
public enum StyleError: ToolkitError, Equatable {
    case unknownLayer(String, nearest: String?, known: [String])
    case layerTwice(String)
    case badLayerWeight(layer: String, found: String)
    /// Nothing to paint by: no style picture, or neither content nor style counts.
    case nothingToDo
    /// The deepest layer would see less than two pixels of it.
    case tooSmall(StyleInput, width: Int, height: Int, minimum: Int, layer: String)
    /// At the size that is asked for.
    case tooNarrow(StyleInput, size: Int, width: Int, height: Int, minimum: Int)
    case oneColor(StyleInput)
    case emptyMask(StyleInput)
    /// Bytes. suggested: a size that would fit.
    case notEnoughMemory(size: Int, needed: Int, available: Int, suggested: Int?)
    case notFinite(step: Int)
    /// Weights of something else than a VGG.
    case notAVGG(path: String, model: String, task: String)
    case otherParameters(path: String, ParameterMismatch)

    public var description: String {
        switch self {
        case .unknownLayer(let name, let nearest, let known):
            "there is no layer \(quoted(name)): "
                + (nearest.map { "did you mean \($0)? " } ?? "") + "known are \(known.joined(separator: ", "))"
        case .layerTwice(let name): "the layer \(name) is given twice; once is enough"
        case .badLayerWeight(let layer, let found):
            "the weight \(quoted(found)) of the layer \(layer) is no number above 0, such as \(layer)=0.5"
        case .nothingToDo:
            "there is nothing to paint by: a style picture, or a content weight above 0, is needed"
        case .tooSmall(let image, let width, let height, let minimum, let layer):
            "\(image) has \(width) × \(height) pixels: \(layer) needs at least \(minimum) on each side; take a larger "
                + "picture, or layers of a lower number"
        case .tooNarrow(let image, let size, let width, let height, let minimum):
            "\(image) would have \(width) × \(height) pixels at size \(size): at least \(minimum) on each side are "
                + "needed; take a larger size, or crop the picture"
        case .oneColor(let image):
            "\(image) is of one colour throughout: there is nothing in it to "
                + (image == .content ? "recognise (with a content weight of 0 that does not matter)" : "paint with")
        case .emptyMask(let mask): "\(mask) is black throughout: the white part of a mask is what counts"
        case .notEnoughMemory(let size, let needed, let available, let suggested):
            "size \(size) needs about \(megabytes(needed)) of memory and \(megabytes(available)) are free; "
                + (suggested.map { "size \($0) would fit" } ?? "no size would fit")
        case .notFinite(let step):
            "the losses of step \(step) are not numbers: smaller weights of content, style and variation are needed"
        case .notAVGG(let path, let model, let task):
            "\(path.escapedForDisplay): holds weights of \(abbreviated(model)) for the task '\(abbreviated(task))'; those "
                + "of vgg16-hed, or of vgg11, vgg13, vgg16 or vgg19, are expected"
        case .otherParameters(let path, let mismatch): "\(path.escapedForDisplay): \(mismatch)"
        }
    }

    /// Whether what was asked for makes no sense, whatever the pictures.
    public var isUsage: Bool {
        switch self {
        case .unknownLayer, .layerTwice, .badLayerWeight, .nothingToDo: true
        default: false
        }
    }

    private func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000) MB" }
}
