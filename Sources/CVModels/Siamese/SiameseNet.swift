import CVCore
import CVNN
import CVTensor

/// A network that makes an embedding of a face, to be trained from scratch on a few dozen people.
///
/// x: [N, channels, H, W], 32 × 32 -> [N, 256]. It is four small networks side by side, each of which is trained by a loss of its
/// own: from a few dozen people each learns something else by chance, and together they mostly err less on other people. The
/// embedding is that of all, one after the other. Keys: `branch1.conv1.0.weight`, …, `branch4.fc.weight`.
public struct SiameseNet: EmbeddingNetwork {
    /// How two embeddings are compared, which the training decides. They are of length 1.
    public enum Comparison: String, Sendable, CaseIterable {
        /// By their Euclidean distance.
        case distance
        /// By a head: σ(Σ w |f(a) - f(b)| + bias) is the probability that both are the same.
        case logistic
        /// By the same head on (f(a) - f(b))² / (f(a) + f(b)): embeddings are not negative.
        case chiSquared = "chi-squared"
    }

    /// How two embeddings are compared.
    public let comparison: Comparison
    /// The networks side by side.
    public let branches: [SiameseBranch]

    /// Sides below this leave nothing for the linear layer.
    static let minimumSide = 16

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - comparison: how two embeddings are compared.
    ///   - channels: of the input images.
    ///   - height: rows of the input images.
    ///   - width: columns of the input images.
    ///   - branches: the number of networks side by side.
    ///   - dimension: how many numbers the embedding of each of them has.
    ///   - p: the scope of the parameters.
    public init(
        _ comparison: Comparison = .distance, channels: Int = 1, height: Int = 32, width: Int = 32,
        branches: Int = 4, dimension: Int = 64, _ p: ParameterScope
    ) {
        precondition(
            min(height, width) >= Self.minimumSide,
            "SiameseNet: \(height)×\(width), at least \(Self.minimumSide) a side")
        precondition(branches > 0, "SiameseNet: \(branches) branches")
        self.comparison = comparison
        self.branches = (1...branches).map {
            SiameseBranch(
                comparison, channels: channels, height: height, width: width, dimension: dimension,
                p.scope("branch\($0)"))
        }
    }

    /// How many numbers an embedding has.
    public var dimension: Int { branches.reduce(0) { $0 + $1.dimension } }

    /// The length of the embedding of a branch within that of all.
    private var share: Float { 1 / Float(branches.count).squareRoot() }

    /// The embeddings of faces.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, dimension], of length 1; not negative where χ² is compared.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let parts = branches.map { $0(x).reshaped([x.shape[0], $0.dimension, 1, 1]) }
        return concatenate(parts).reshaped([x.shape[0], dimension]) * share
    }

    /// What the heads say of each pair in the mean: the larger, the more likely both are the same.
    ///
    /// - Parameters:
    ///   - a: embeddings, [N, dimension].
    ///   - b: embeddings, [N, dimension].
    /// - Returns: logits, [N, 1].
    /// - Precondition: there are heads.
    public func logits(_ a: Tensor, _ b: Tensor) -> Tensor {
        let logits = zip(branches, zip(parts(a), parts(b))).map { $0.logits($1.0, $1.1) }
        return logits.dropFirst().reduce(logits[0], +) * (1 / Float(branches.count))
    }

    /// The embeddings of the branches, each of length 1.
    private func parts(_ embeddings: Tensor) -> [Tensor] {
        let rows = embeddings.shape[0]
        let maps = embeddings.reshaped([rows, dimension, 1, 1])
        var start = 0
        return branches.map { branch in
            defer { start += branch.dimension }
            return maps.sliced(channels: start..<start + branch.dimension).reshaped([rows, branch.dimension])
                * (1 / share)
        }
    }

    /// The Euclidean distance, or the probability of being different.
    public var measure: EmbeddingMeasure { comparison == .distance ? .euclidean : .probability }

    /// How different the images of each pair are.
    ///
    /// - Parameters:
    ///   - a: embeddings, [N, dimension].
    ///   - b: embeddings, [N, dimension].
    /// - Returns: N distances.
    public func distances(_ a: Tensor, _ b: Tensor) -> [Double] {
        if comparison == .distance { return euclideanDistances(a, b) }
        return logits(a, b).withValues { $0.map { 1 / (1 + exp(Double($0))) } }
    }
}
