import CVNN
import CVTensor

/// A classifier whose layers can all be moved over a larger image: see `FullyConvolutional`.
///
/// Not MobileNetV3, whose channel attention weights channels by the whole image, not a window of it.
public protocol SlidingClassifier: ClassifierNetwork {
    /// Images [N, C, H, W] of any size -> the last feature maps before a layer that needs a fixed size: [N, K, h, w].
    func maps(_ x: Tensor) -> Tensor

    /// The layers from the feature maps of one image to its logits, in order.
    var classificationHead: [any Layer] { get }

    /// Pixels of the image from one position of the feature maps to the next.
    var outputStride: Int { get }
}
