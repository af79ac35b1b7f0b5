import CVTensor

/// A module of a network, as `torch.nn.Module`: a function of a tensor, with the parameters that it owns.
public protocol Layer: Sendable {
    /// The forward pass.
    ///
    /// - Parameter x: the input; the tape that it carries, if any, records the operations.
    /// - Returns: the output.
    func callAsFunction(_ x: Tensor) -> Tensor
}

extension Activation: Layer {}
