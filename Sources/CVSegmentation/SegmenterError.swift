import CVCore
import CVNN

/// A segmenter that cannot be made as asked.
public struct SegmenterError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        case otherTask(model: String, task: String)
        /// Keys or shapes that are not the network's.
        case otherParameters(ParameterMismatch)
        /// Metadata that no segmenter can work with; what is expected.
        case notUsable(String)
    }

    /// The file that it is about.
    public let file: String
    public let problem: Problem

    init(_ file: String, _ problem: Problem) {
        self.file = file
        self.problem = problem
    }

    public var description: String {
        let text =
            switch problem {
            case .otherTask(let model, let task):
                "holds weights of \(abbreviated(model)) for the task '\(abbreviated(task))'; a network for segmentation is "
                    + "expected (selfie-segmentation, or what cvtool train segment writes)"
            case .otherParameters(let mismatch): mismatch.description
            case .notUsable(let expected): "its metadata must have \(expected); convert or train the weights again"
            }
        return "\(file.escapedForDisplay): \(text)"
    }
}
