/// One class of an image with its probability.
public struct Classification: Sendable, Equatable {
    /// The name of the class, such as "cat".
    public let label: String
    /// Index into the labels of the classifier, from 0.
    public let index: Int
    /// 0 to 1; the probabilities of all classes sum to 1.
    public let probability: Float

    /// Creates a classification from its parts.
    ///
    /// - Parameters:
    ///   - label: the name of the class.
    ///   - index: index into the labels of the classifier, from 0.
    ///   - probability: 0 to 1.
    public init(label: String, index: Int, probability: Float) {
        self.label = label
        self.index = index
        self.probability = probability
    }
}

extension Classification: Codable {
    /// As in a record: `{"label", "class", "probability"}`.
    private enum CodingKeys: String, CodingKey {
        case label
        case index = "class"
        case probability
    }
}
