import CVTensor

/// A part of a network: a function of a tensor, with the parameters that it owns.
public protocol Layer: Sendable {
    func callAsFunction(_ x: Tensor) -> Tensor
}

extension Activation: Layer {}
