import CVCore
import CVNN
import CVTensor

/// One of the networks that a `SiameseNet` has side by side, with an embedding and, where pairs are compared by one, a head of its own.
///
/// x: [N, channels, H, W], 32 × 32 -> [N, 64]. Four convolutions of 3×3 with pooling, and a linear layer over all positions: in an
/// upright face each means something. Keys: `conv1.0.weight`, `conv1.1.weight`, …, `fc.weight`, and with a head `head.weight`, `head.bias`.
public struct SiameseBranch: Layer {
    /// How two embeddings are compared.
    public let comparison: SiameseNet.Comparison
    /// How many numbers an embedding has.
    public let dimension: Int

    let conv1, conv2, conv3, conv4: ConvNorm
    let fc: Linear
    /// [1, dimension] and [1]; nil where distances are compared.
    let head: (weight: Parameter, bias: Parameter)?
    let pool = MaxPool2d(2)

    init(
        _ comparison: SiameseNet.Comparison, channels: Int, height: Int, width: Int, dimension: Int,
        _ p: ParameterScope
    ) {
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
        let maps = [conv1, conv2, conv3, conv4].reduce(x) { pool($1($0)) }  // [128, 2, 2]
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
}
