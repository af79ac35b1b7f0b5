import CVCore
import CVNN
import CVTensor

/// A small network that makes an embedding of a face, to be trained from scratch on a few dozen people.
///
/// x: [N, channels, H, W], 48 × 48 -> [N, 64]. Four convolutions of 3×3 with pooling, and a linear layer over all positions: in an
/// upright face each means something. Keys: `conv1.0.weight`, `conv1.1.weight`, …, `fc.weight`, and with a head `head.weight`, `head.bias`.
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
    /// How many numbers an embedding has.
    public let dimension: Int

    let conv1, conv2, conv3, conv4: ConvNorm
    let fc: Linear
    /// [1, dimension] and [1]; nil where distances are compared.
    let head: (weight: Parameter, bias: Parameter)?
    let pool = MaxPool2d(2)

    /// Sides below this leave nothing for the linear layer.
    static let minimumSide = 16

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - comparison: how two embeddings are compared.
    ///   - channels: of the input images.
    ///   - height: rows of the input images.
    ///   - width: columns of the input images.
    ///   - dimension: how many numbers an embedding has.
    ///   - p: the scope of the parameters.
    public init(
        _ comparison: Comparison = .distance, channels: Int = 1, height: Int = 48, width: Int = 48,
        dimension: Int = 64, _ p: ParameterScope
    ) {
        precondition(
            min(height, width) >= Self.minimumSide,
            "SiameseNet: \(height)×\(width), at least \(Self.minimumSide) a side")
        (self.comparison, self.dimension) = (comparison, dimension)
        conv1 = ConvNorm(channels, 32, kernel: 3, .relu, p.scope("conv1"))
        conv2 = ConvNorm(32, 64, kernel: 3, .relu, p.scope("conv2"))
        conv3 = ConvNorm(64, 128, kernel: 3, .relu, p.scope("conv3"))
        conv4 = ConvNorm(128, 128, kernel: 3, .relu, p.scope("conv4"))
        fc = Linear(128 * (height / 16) * (width / 16), dimension, p.scope("fc"))
        let h = p.scope("head")
        head =
            comparison == .distance
            ? nil
            : (
                h.parameter("weight", shape: [1, dimension], initialized: .constant(Self.slope)),
                h.parameter("bias", shape: [1], initialized: .constant(Self.offset))
            )
    }

    /// The head before training: the more two embeddings differ, the less likely they are of the same person. The differences of two
    /// unit vectors at right angles sum up to about 9. The slope is so steep that only pairs near the threshold are learned from:
    /// with a gentle one all pairs are pushed to the ends, which generalizes much worse to other people.
    private static let slope: Float = -5, offset: Float = 20

    /// The embeddings of faces.
    ///
    /// - Parameter x: [N, channels, H, W].
    /// - Returns: [N, dimension], of length 1; not negative where χ² is compared.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let maps = [conv1, conv2, conv3, conv4].reduce(x) { pool($1($0)) }  // [128, 3, 3]
        let y = fc(Flatten()(maps))
        return l2Normalized(comparison == .chiSquared ? Activation.relu(y) : y)
    }

    /// What the head says of each pair: the larger, the more likely both are the same.
    ///
    /// - Parameters:
    ///   - a: embeddings, [N, dimension].
    ///   - b: embeddings, [N, dimension].
    /// - Returns: logits, [N, 1].
    /// - Precondition: there is a head.
    public func logits(_ a: Tensor, _ b: Tensor) -> Tensor {
        guard let head else { preconditionFailure("SiameseNet: embeddings that are compared by distance have no head") }
        let differences = comparison == .chiSquared ? chiSquaredDifference(a, b) : absoluteDifference(a, b)
        return linear(differences, head.weight.value(on: differences), bias: head.bias.value(on: differences))
    }

    /// The Euclidean distance, or the probability of being different.
    public var measure: EmbeddingMeasure { head == nil ? .euclidean : .probability }

    /// How different the images of each pair are.
    ///
    /// - Parameters:
    ///   - a: embeddings, [N, dimension].
    ///   - b: embeddings, [N, dimension].
    /// - Returns: N distances.
    public func distances(_ a: Tensor, _ b: Tensor) -> [Double] {
        if head == nil { return euclideanDistances(a, b) }
        return logits(a, b).withValues { $0.map { 1 / (1 + exp(Double($0))) } }
    }
}
