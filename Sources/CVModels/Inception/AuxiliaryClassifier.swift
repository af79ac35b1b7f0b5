import CVTensor

/// A classifier with further heads on its way, which bring a gradient to the early layers (Szegedy et al. 2014,
/// arXiv:1409.4842, section 5).
///
/// They help in training only: `callAsFunction`, `backbone` and `head` leave them out.
public protocol AuxiliaryClassifier: ClassifierNetwork {
    /// Pictures [N, C, H, W] -> logits [N, classes], and those of the auxiliary heads, in the order of the network.
    ///
    /// There are none but on a tape in training, and none where the checkpoint has left them out.
    func outputs(_ x: Tensor) -> (logits: Tensor, auxiliary: [Tensor])

    /// How much the loss of each auxiliary head counts in training beside that of the logits.
    var auxiliaryWeight: Float { get }

    /// What the keys of the auxiliary heads' parameters begin with, such as `aux1`: with other classes they are others, too.
    var auxiliaryScopes: [String] { get }
}
