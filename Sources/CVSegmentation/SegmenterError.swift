import CVCore
import CVModels
import CVNN

/// Weights that no picture can be segmented with, or that no training can begin from.
public struct SegmenterError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        case otherTask(model: String, task: String)
        /// A network that is not known, or that cannot have this input or so many classes.
        case architecture(ArchitectureError)
        /// Keys or shapes that are not the network's.
        case otherParameters(ParameterMismatch)
        /// Metadata that no segmenter can work with; what is expected.
        case notUsable(String)

        // To begin a training from.
        case otherNetwork(String, expected: String)
        case otherChannels
        case nothingToInitializeFrom
    }

    /// The file that it is about, or the network.
    public let path: String
    public let problem: Problem

    package init(_ path: String, _ problem: Problem) { (self.path, self.problem) = (path, problem) }

    public var description: String {
        let text =
            switch problem {
            case .otherTask(let model, let task):
                "holds weights of \(abbreviated(model)) for the task '\(abbreviated(task))'; a network for segmentation is "
                    + "expected"
            case .architecture(let error): error.description
            case .otherParameters(let mismatch): mismatch.description
            case .notUsable(let expected): "its metadata must have \(expected); convert or train the weights again"
            case .otherNetwork(let model, let expected):
                "holds weights of \(abbreviated(model)), but those of \(expected) are expected to begin from"
            case .otherChannels: "expects pictures of other channels than red, green and blue"
            case .nothingToInitializeFrom:
                "has no encoder that pretrained weights are known for"
            }
        return "\(path.escapedForDisplay): \(text)"
    }
}

extension SegmenterError {
    public var category: ErrorCategory {
        switch problem {
        case .architecture(let error): error.category
        case .otherChannels, .nothingToInitializeFrom: .unsupported
        case .otherTask, .otherParameters, .notUsable, .otherNetwork: .invalid
        }
    }
}
