import CVCore
import CVImage
import CVTask
import CVTensor
import CVWeights

/// A mini-batch of images, ready for a network.
public struct ImageBatch: Sendable {
    /// [N, C, H, W], normalized; or in their place the features that a frozen backbone computed from them.
    public let images: Tensor
    /// N indices of classes; empty if the images have none.
    public let labels: [Int]
    /// Indices of the images in `DecodedImages.items`.
    public let items: [Int]

    /// - Parameters:
    ///   - images: [N, C, H, W], or features [N, …].
    ///   - labels: N indices of classes, or none.
    ///   - items: N indices of `DecodedImages.items`.
    public init(images: Tensor, labels: [Int], items: [Int]) {
        (self.images, self.labels, self.items) = (images, labels, items)
    }
}

/// Images normalized and stacked, with their image-level labels: for classification, and for tasks without labels.
public struct ImageCollation: Collation {
    private let preprocessing: Preprocessing
    private let levels: LevelTable

    /// - Parameter preprocessing: the size and channels of the images, with the mean and deviation that the network's
    ///   input is to have. What an augmentation makes of another size is stretched to it.
    public init(_ preprocessing: Preprocessing) {
        self.preprocessing = preprocessing
        levels = LevelTable(preprocessing)
    }

    /// Images and labels as one batch; see `Collation.batch(_:)`.
    ///
    /// - Parameter samples: not yet read.
    /// - Returns: [N, C, H, W] with labels.
    /// - Throws: what reading a sample throws.
    public func batch(_ samples: BatchSamples) throws -> ImageBatch {
        let channels = preprocessing.channels.count
        let count = channels * preprocessing.height * preprocessing.width
        let shape = Shape([samples.items.count, channels, preprocessing.height, preprocessing.width])
        let inputs = try Tensor(shape: shape) { values in
            for (position, item) in samples.items.enumerated() {
                let target = UnsafeMutableBufferPointer(rebasing: values[position * count..<(position + 1) * count])
                guard !samples.isUnchanged else {
                    try samples.withPixels(of: item) { levels.normalize($0, into: target) }
                    continue
                }
                stretched(try samples.sample(of: item).image).withUnsafeBufferPointer {
                    levels.normalize($0, into: target)
                }
            }
        }
        let items = Array(samples.items)
        return ImageBatch(images: inputs, labels: items.compactMap { samples.images.items[$0].label }, items: items)
    }

    /// The 8-bit samples of an augmented image; a crop may have made it smaller.
    private func stretched(_ image: Image) -> [UInt8] {
        var stretched = preprocessing
        stretched.resize = .stretch
        return stretched.samples(image)
    }
}

extension BatchLoader<ImageCollation> {
    /// A loader of normalized images with their labels.
    ///
    /// - Parameters:
    ///   - images: the set.
    ///   - items: indices of `images.items`.
    ///   - batchSize: the number of images in a batch.
    ///   - preprocessing: of the size and channels of `images`, with the mean and deviation that the network's input is
    ///     to have.
    ///   - augmentation: nil for images as they are.
    ///   - seed: of the order and the augmentations.
    ///   - shuffles: whether the order is `.shuffled`; else `.sequential`.
    ///   - ahead: the number of batches made ahead of their use, at most.
    ///   - workers: threads that make them; nil for one if images are in memory, and for as many as there are if each
    ///     must be decoded.
    public init(
        _ images: DecodedImages, items: [Int], batchSize: Int, preprocessing: Preprocessing,
        augmentation: Augment.Pipeline? = nil, seed: UInt64 = 0, shuffles: Bool, ahead: Int = 4, workers: Int? = nil
    ) {
        let (own, wanted) = (images.preprocessing, preprocessing)
        precondition(
            own.width == wanted.width && own.height == wanted.height && own.channels == wanted.channels,
            "images of \(own.width)×\(own.height) \(own.channels) for an input of \(wanted.width)×\(wanted.height) "
                + "\(wanted.channels)")
        self.init(
            images, items: items, batchSize: batchSize, collation: ImageCollation(preprocessing),
            augmentation: augmentation, seed: seed, shuffles: shuffles, ahead: ahead, workers: workers)
    }
}
