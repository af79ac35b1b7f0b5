import CVCore
import CVModels
import CVNN

/// A picture that cannot be painted in one go as asked.
public enum FastStyleError: ToolkitError, Equatable {
    case unknownStyle(String, nearest: String?, known: [String])
    case styleTwice(String)
    /// None was chosen, of so many.
    case noStyle(of: Int)
    /// Smaller than what is reflected at its borders.
    case tooSmall(width: Int, height: Int)
    /// Bytes.
    case notEnoughMemory(width: Int, height: Int, needed: Int, available: Int)
    /// Weights of something else than a `ImageTransformNet`.
    case notAnImageTransformNet(path: String, model: String, task: String)
    case otherParameters(path: String, ParameterMismatch)

    public var description: String {
        switch self {
        case .unknownStyle(let name, let nearest, let known):
            "there is no style \(quoted(name)): " + (nearest.map { "did you mean \(abbreviated($0))? " } ?? "")
                + "known are "
                + known.prefix(Self.shown).map { abbreviated($0) }.joined(separator: ", ")
                + (known.count > Self.shown ? " and \(known.count - Self.shown) more" : "")
                + ", or their numbers from 0"
        case .styleTwice(let name): "the style \(abbreviated(name)) is given twice; once is enough"
        case .noStyle(let count):
            "these weights have \(count) styles: choose one of them by --style; --style list prints the names"
        case .tooSmall(let width, let height):
            "the picture has \(width) × \(height) pixels: at least \(ImageTransformNet.minimumSide) on each side are needed"
        case .notEnoughMemory(let width, let height, let needed, let available):
            "a picture of \(width) × \(height) pixels needs about \(needed / 1_000_000) MB of memory and "
                + "\(available / 1_000_000) are free; make it smaller"
        case .notAnImageTransformNet(let path, let model, let task):
            "\(path.escapedForDisplay): holds weights of \(abbreviated(model)) for the task '\(abbreviated(task))'; those "
                + "that cvtool train style writes, or multistyle26, are expected"
        case .otherParameters(let path, let mismatch): "\(path.escapedForDisplay): \(mismatch)"
        }
    }

    private static let shown = 40

    /// Whether what was asked for makes no sense, whatever the pictures.
    public var isUsage: Bool {
        switch self {
        case .unknownStyle, .styleTwice, .noStyle: true
        default: false
        }
    }
}
