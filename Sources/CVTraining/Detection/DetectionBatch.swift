import CVImage
import CVTensor

/// Images with the objects in them, as a detector is trained on them.
public struct DetectionBatch: Sendable {
    /// [N, 3, H, W], as the network takes them.
    public var images: Tensor
    /// The objects of each image, in pixels of the input; empty for an image without any.
    public var boxes: [[LabeledBox]]
    /// Whether the images are without strong augmentation, as in the last epochs.
    public var isPlain: Bool

    /// A batch.
    ///
    /// - Parameters:
    ///   - images: [N, 3, H, W].
    ///   - boxes: N lists, in pixels of the input.
    ///   - isPlain: whether the images are without strong augmentation.
    public init(images: Tensor, boxes: [[LabeledBox]], isPlain: Bool = false) {
        precondition(
            images.shape.rank == 4 && images.shape[0] == boxes.count,
            "images \(images.shape) and boxes of \(boxes.count) images")
        (self.images, self.boxes, self.isPlain) = (images, boxes, isPlain)
    }
}
