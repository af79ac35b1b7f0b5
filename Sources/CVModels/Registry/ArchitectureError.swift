import CVCore
import CVWeights

/// A network that cannot be had.
public enum ArchitectureError: ToolkitError, Equatable {
    case unknown(String, nearest: String?, known: [String])
    /// Of another task; `known` are those that could be meant.
    case otherTask(architecture: String, found: VisionTask, expected: VisionTask, known: [String])
    case classes(architecture: String, found: Int, allowed: ClosedRange<Int>)
    case channels(architecture: String, found: Int, allowed: ClosedRange<Int>)
    case size(architecture: String, found: ModelSpec.Input, allowed: ClosedRange<Int>)
    case multiple(architecture: String, found: ModelSpec.Input, of: Int)

    public var description: String {
        switch self {
        case .unknown(let name, let nearest, let known):
            let hint = nearest.map { "did you mean \($0)? " } ?? ""
            return "there is no network \(quoted(name)): \(hint)known are \(known.joined(separator: ", "))"
        case .otherTask(let architecture, let found, let expected, let known):
            return
                "\(architecture) is a network for the task \(found.rawValue), not for \(expected.rawValue): those are "
                + known.joined(separator: ", ")
        case .classes(let architecture, let found, let allowed):
            return "\(architecture) with \(found) classes: \(text(allowed))"
        case .channels(let architecture, let found, let allowed):
            return "\(architecture) for images of \(pluralized(found, "channel")): \(text(allowed))"
        case .size(let architecture, let found, let allowed):
            return
                "\(architecture) for images of \(found.height)×\(found.width) pixels: sides of \(text(allowed))"
        case .multiple(let architecture, let found, let side):
            return
                "\(architecture) for images of \(found.height)×\(found.width) pixels: sides that are multiples of \(side) "
                + "are possible"
        }
    }

    private func text(_ range: ClosedRange<Int>) -> String {
        range.count == 1
            ? "only \(range.lowerBound) is possible" : "\(range.lowerBound) to \(range.upperBound) are possible"
    }
}

extension ArchitectureError {
    public var category: ErrorCategory {
        switch self {
        case .unknown: .notFound
        case .otherTask: .usage
        case .classes, .channels, .size, .multiple: .unsupported
        }
    }
}
