import CVCore
import CVModels
import CVNN
import CVWeights

/// Weights that cannot be used as asked: of which file, what was expected, and what was found.
public struct ModelFileError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        /// Weights of a network for another task.
        case otherTask(model: String, task: String, expected: VisionTask)
        /// Weights of another network than one of these.
        case otherNetwork(found: String, expected: [String])
        /// A network that is not known, or that cannot have this input or so many classes.
        case architecture(ArchitectureError)
        /// Keys or shapes that are not the network's.
        case otherParameters(ParameterMismatch)
        /// Metadata that does not name the classes.
        case noLabels
        /// Labels in another number than the network has classes.
        case wrongNames(expected: Int, found: Int)
        /// Preprocessing that the task cannot work with; what is expected.
        case preprocessing(expected: String)
        /// A key of the metadata, with a text that cannot be used, and why.
        case metadata(String, reason: String)
        /// A network that no pretrained weights are known for; the path is its name.
        case nothingToInitializeFrom
    }

    /// The file that it is about, or the network.
    public let path: String
    /// What is wrong with it.
    public let problem: Problem

    package init(_ path: String, _ problem: Problem) { (self.path, self.problem) = (path, problem) }

    public var description: String { "\(path.escapedForDisplay): \(text)" }

    private var text: String {
        switch problem {
        case .otherTask(let model, let task, let expected):
            "holds weights of \(abbreviated(model)) for the task '\(abbreviated(task))'; a network for the task "
                + "'\(expected.rawValue)' is expected" + examples(expected)
        case .otherNetwork(let found, let expected):
            "holds weights of \(abbreviated(found)); those of \(expected.joined(separator: " or ")) are expected"
        case .architecture(let error): error.description
        case .otherParameters(let mismatch): mismatch.description
        case .noLabels: "its metadata names no classes (\"labels\"); train or convert the weights again"
        case .wrongNames(let expected, let found): "holds \(found) names, the network has \(expected) classes"
        case .preprocessing(let expected):
            "its metadata must have \(expected); convert or train the weights again"
        case .metadata(let key, let reason):
            "its metadata has a \(quoted(key)) that cannot be used: \(reason); train or convert the weights again"
        case .nothingToInitializeFrom:
            "has no encoder that pretrained weights are known for; train it without pretrained weights"
        }
    }

    /// What kind of thing went wrong.
    public var category: ErrorCategory {
        switch problem {
        case .architecture(.otherTask): .invalid
        case .architecture(let error): error.category
        case .nothingToInitializeFrom: .usage
        default: .invalid
        }
    }

    private func examples(_ task: VisionTask) -> String {
        let names = ModelRegistry.specs(for: task).map(\.name)
        return names.count <= 6 ? ", such as \(names.joined(separator: ", "))" : ""
    }
}
