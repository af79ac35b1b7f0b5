import CVCore
import CVTask

/// Weights that are not those of a network for faces.
public struct FaceError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        /// A detector without keypoints.
        case noKeypoints(model: String)
        /// A setting in the metadata of weights that is not known.
        case setting(key: String, found: String, expected: String)
        /// A network whose embeddings are compared by a head that was trained with it.
        case trainedHead(model: String)
        /// A network that was trained on images as they are, not on aligned faces.
        case noAlignment
        /// A network of which nobody knows up to which distance two faces are of one person.
        case noThreshold
        /// Embeddings of two networks, or of two sets of weights, which cannot be compared.
        case otherModel(first: EmbeddingModel, second: EmbeddingModel)
    }

    /// The file or the model that it is about.
    public let subject: String
    /// What is wrong.
    public let problem: Problem

    init(_ subject: String, _ problem: Problem) { (self.subject, self.problem) = (subject, problem) }

    public var description: String {
        let text =
            switch problem {
            case .noKeypoints(let model):
                "the network \(model) finds no keypoints; one that finds faces is expected, such as "
                    + FaceDetector.defaultModel
            case .setting(let key, let found, let expected):
                "its metadata has the \(key) \(quoted(found)); \(expected) is expected"
            case .trainedHead(let model):
                "\(model) compares faces by a trained head, not by a distance; a network that was trained with the loss triplet, "
                    + "contrastive or arcface is expected"
            case .noAlignment:
                "it was trained on images as they are, but faces in photographs are aligned first; train it on aligned faces"
            case .noThreshold:
                "it does not say up to which distance two faces are of one person; hold out people in its training, which "
                    + "gives a threshold"
            case .otherModel(let first, let second):
                "an embedding of \(first) cannot be compared with one of \(second); make both with the same network"
            }
        return "\(subject.escapedForDisplay): \(text)"
    }

    public var category: ErrorCategory { .invalid }
}
