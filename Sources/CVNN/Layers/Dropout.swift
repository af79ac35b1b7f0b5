import CVTensor

/// Dropout, as `torch.nn.Dropout` (Srivastava et al. 2014): in training each value is zeroed with this probability and the
/// others are scaled by 1 / (1 - probability); in inference it is the identity.
///
/// x: any shape -> the same.
public struct Dropout: Layer {
    /// The probability that a value is zeroed.
    public let probability: Float

    /// Creates the layer.
    ///
    /// - Parameter probability: the probability that a value is zeroed, in 0 ... 1.
    public init(_ probability: Float = 0.5) {
        precondition(probability >= 0 && probability <= 1, "Dropout: a probability of \(probability)")
        self.probability = probability
    }

    /// Applies dropout if the tape of `x` is in training mode.
    ///
    /// - Parameter x: of any shape.
    /// - Returns: x with elements zeroed and the others scaled; x itself outside training.
    public func callAsFunction(_ x: Tensor) -> Tensor { dropout(x, probability: probability) }
}
