/// A class that a picture may show.
public struct Classification: Sendable, Equatable {
    /// The name of the class, such as "cat".
    public let label: String
    /// Index into the labels of the classifier, from 0.
    public let index: Int
    /// 0 to 1; those of all classes have the sum 1.
    public let probability: Float

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
