import CVNN
import CVTensor

/// A classifier in its two parts: what sees, and what decides. Transfer learning keeps the one and replaces the other.
///
/// Pictures [N, C, H, W] -> logits [N, classes].
public protocol ClassifierNetwork: Layer {
    /// Pictures [N, C, H, W] -> what the head decides by, such as [N, 512] after the mean over the last maps.
    func backbone(_ x: Tensor) -> Tensor

    /// What the backbone gives -> logits [N, classes].
    func head(_ features: Tensor) -> Tensor

    /// What the keys of the head's parameters begin with, such as `fc`: all others are the backbone's.
    var headScope: String { get }
}

extension ClassifierNetwork {
    public func callAsFunction(_ x: Tensor) -> Tensor { head(backbone(x)) }
}
