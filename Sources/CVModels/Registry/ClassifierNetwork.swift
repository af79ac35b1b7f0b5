import CVNN
import CVTensor

/// A classifier in its two parts: backbone and classification head. Transfer learning keeps the one and replaces the other.
///
/// Images [N, C, H, W] -> logits [N, classes].
public protocol ClassifierNetwork: Layer {
    /// Images [N, C, H, W] -> the features for the head, such as [N, 512] after global average pooling.
    func backbone(_ x: Tensor) -> Tensor

    /// The features of the backbone -> logits [N, classes].
    func head(_ features: Tensor) -> Tensor

    /// What the keys of the head's parameters begin with, such as `fc`: all others are the backbone's.
    var headScope: String { get }
}

extension ClassifierNetwork {
    /// Images [N, C, H, W] -> logits [N, classes].
    ///
    /// - Parameter x: [N, C, H, W].
    /// - Returns: logits [N, classes].
    public func callAsFunction(_ x: Tensor) -> Tensor { head(backbone(x)) }
}
