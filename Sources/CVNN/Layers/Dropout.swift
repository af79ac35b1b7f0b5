import CVTensor

/// Dropout, as `torch.nn.Dropout` (Srivastava et al. 2014): in training each value is zero with this probability, and the
/// others are scaled by 1 / (1 - probability); otherwise nothing changes.
///
/// x: any shape -> the same.
public struct Dropout: Layer {
    public let probability: Float

    public init(_ probability: Float = 0.5) {
        precondition(probability >= 0 && probability <= 1, "Dropout: a probability of \(probability)")
        self.probability = probability
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { dropout(x, probability: probability) }
}
