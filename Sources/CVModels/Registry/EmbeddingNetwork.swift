import CVNN
import CVTensor

/// A network that makes a vector of an image, near those of images of the same person or thing.
///
/// It knows no classes: it compares people it was never trained on. Both images of a pair go through the same weights, which is
/// what makes a network siamese.
public protocol EmbeddingNetwork: Layer {
    /// How many numbers a vector has: [N, channels, H, W] -> [N, dimension].
    var dimension: Int { get }

    /// How embeddings are compared.
    var measure: EmbeddingMeasure { get }

    /// How different the images of each pair are, by their embeddings: small for the same person.
    ///
    /// - Parameters:
    ///   - a: embeddings, [N, dimension].
    ///   - b: embeddings, [N, dimension].
    /// - Returns: N distances.
    func distances(_ a: Tensor, _ b: Tensor) -> [Double]
}

/// What the distance of two embeddings is.
public enum EmbeddingMeasure: String, Sendable, CaseIterable {
    /// The Euclidean distance.
    case euclidean
    /// The probability that the two are different, by a head that was trained to tell.
    case probability

    /// A phrase for people.
    public var phrase: String {
        switch self {
        case .euclidean: "Euclidean distance of the embeddings"
        case .probability: "probability of being different people"
        }
    }
}

extension EmbeddingNetwork {
    /// The Euclidean distance, unless a network says otherwise.
    public var measure: EmbeddingMeasure { .euclidean }

    /// The Euclidean distances of rows, unless a network says otherwise.
    ///
    /// - Parameters:
    ///   - a: embeddings, [N, dimension].
    ///   - b: embeddings, [N, dimension].
    /// - Returns: N distances.
    public func distances(_ a: Tensor, _ b: Tensor) -> [Double] { euclideanDistances(a, b) }
}

/// The Euclidean distance of each row of `a` to the same row of `b`.
///
/// - Parameters:
///   - a: [N, D].
///   - b: [N, D].
/// - Returns: N distances.
public func euclideanDistances(_ a: Tensor, _ b: Tensor) -> [Double] {
    precondition(a.shape == b.shape && a.shape.rank == 2, "distances of \(a.shape) and \(b.shape), [N, D] expected")
    let width = a.shape[1]
    return a.withValues { a in
        b.withValues { b in
            (0..<(width == 0 ? 0 : a.count / width)).map { row in
                var sum = 0.0
                for index in row * width..<(row + 1) * width {
                    let difference = Double(a[index]) - Double(b[index])
                    sum += difference * difference
                }
                return sum.squareRoot()
            }
        }
    }
}
