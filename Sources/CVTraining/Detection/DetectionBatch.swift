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
    /// Where an object may be in each image, in pixels of the input; empty for networks that need no regions.
    public var regions: [[Box]] = []
    /// For what is drawn by chance from the batch; the same for the same seed, epoch and step.
    public var seed: UInt64 = 0

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
