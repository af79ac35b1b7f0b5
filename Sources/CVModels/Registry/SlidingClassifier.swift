import CVNN
import CVTensor

/// A classifier whose layers can all be moved over a larger picture: see `FullyConvolutional`.
///
/// Not MobileNetV3, whose squeeze-and-excitations weigh channels by what the whole picture shows, not a window of it.
public protocol SlidingClassifier: ClassifierNetwork {
    /// Pictures [N, C, H, W] of any size -> the last maps before a layer that wants one size: [N, K, h, w].
    func maps(_ x: Tensor) -> Tensor

    /// What makes logits of the maps of one picture, layer after layer.
    var classificationHead: [any Layer] { get }

    /// Pixels of the picture from one place of the maps to the next.
    var outputStride: Int { get }
}
