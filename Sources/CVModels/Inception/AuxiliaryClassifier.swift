import CVTensor

/// A classifier with auxiliary heads, whose losses pass gradients to the early layers (Szegedy et al. 2014,
/// arXiv:1409.4842, section 5).
///
/// They are used in training only: `callAsFunction`, `backbone` and `head` skip them.
public protocol AuxiliaryClassifier: ClassifierNetwork {
    /// The logits of the main head and of the auxiliary heads.
    ///
    /// - Parameter x: images, [N, C, H, W].
    /// - Returns: logits, [N, classes], and those of the auxiliary heads in the order of the network: none except on a
    ///   tape in training, and none if the checkpoint has no auxiliary heads.
    func outputs(_ x: Tensor) -> (logits: Tensor, auxiliary: [Tensor])

    /// The weight of the loss of each auxiliary head in training, relative to the main loss.
    var auxiliaryWeight: Float { get }

    /// The key prefixes of the auxiliary heads, such as `aux1`: their shapes depend on the number of classes.
    var auxiliaryScopes: [String] { get }
}
