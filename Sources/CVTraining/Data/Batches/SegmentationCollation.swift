import CVCore
import CVImage
import CVTask
import CVTensor
import CVWeights

/// A mini-batch of images and the classes of their pixels, ready for a network.
public struct SegmentationBatch: Sendable {
    /// [N, 3, H, W], normalized.
    public let images: Tensor
    /// N · H · W indices of classes, row-major; `Mask.ignore` does not count.
    public let classes: [Int]
}

/// Images normalized and stacked at the size that the augmentation gives all of them, with their class maps.
public struct SegmentationCollation: Collation {
    private let levels: LevelTable

    /// - Parameter preprocessing: the mean and deviation that the network's input is to have, for RGB.
    public init(_ preprocessing: Preprocessing) { levels = LevelTable(preprocessing) }

    /// Images and masks as one batch; see `Collation.batch(_:)`.
    ///
    /// - Parameter samples: not yet read, with one mask each.
    /// - Returns: [N, 3, H, W] with the classes of all pixels.
    /// - Throws: what reading a sample throws.
    public func batch(_ samples: BatchSamples) throws -> SegmentationBatch {
        let samples = try samples.items.map { try samples.sample(of: $0) }
        let (width, height) = (samples[0].image.width, samples[0].image.height)
        let count = 3 * height * width
        let inputs = Tensor(shape: [samples.count, 3, height, width]) { values in
            for (position, sample) in samples.enumerated() {
                let image = UnsafeMutableBufferPointer(rebasing: values[position * count..<(position + 1) * count])
                sample.image.pixels.withUnsafeBufferPointer { levels.normalize($0, into: image) }
            }
        }
        return SegmentationBatch(
            images: inputs, classes: samples.flatMap { sample in sample.masks[0].values.lazy.map { Int($0) } })
    }
}
