import CVCore
import CVImage
import CVTask
import CVTensor

/// How the samples of a mini-batch become what a network is trained on.
///
/// `ImageCollation` and `SegmentationCollation` are those of the tasks there are; one for detection would make a list of
/// boxes for each image, one for landmarks a tensor of coordinates. Counterpart of `collate_fn` of PyTorch's `DataLoader`.
public protocol Collation: Sendable {
    associatedtype Batch: Sendable

    /// - Parameter samples: at least one, not yet read.
    /// - Returns: all of them as one batch.
    /// - Throws: what reading a sample throws.
    func batch(_ samples: BatchSamples) throws -> Batch
}

/// The samples of one mini-batch, read and augmented when they are asked for.
public struct BatchSamples {
    let images: DecodedImages
    /// Indices of `images.items`.
    public let items: ArraySlice<Int>
    /// Nil for images as they are.
    let augmentation: Augment.Pipeline?
    /// Of the epoch; a sample's own generator is the stream with the number of its item.
    let seed: UInt64
    /// Whether nobody will look at the batch.
    let isStopped: () -> Bool

    /// Whether the samples are those in memory, as they are.
    var isUnchanged: Bool { augmentation == nil }

    /// A sample, augmented.
    ///
    /// - Parameter item: one of `items`.
    /// - Returns: the same for the same seed, epoch and item, whatever else is in the batch.
    /// - Throws: `CancellationError` if the batch is not needed any more; `FileError` or `ImageError` if the image is not
    ///   in memory and its file has changed since.
    public func sample(of item: Int) throws -> Sample {
        try checkStop()
        let sample = try images.sample(at: item)
        guard let augmentation else { return sample }
        var random = SplitMix64(seed: seed, stream: item)
        return augmentation(sample, using: &random)
    }

    /// Calls `body` with the 8-bit samples of an image, not augmented: without a copy if they are in memory.
    func withPixels(of item: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
        try checkStop()
        try images.withPixels(of: item, body)
    }

    private func checkStop() throws {
        if isStopped() { throw CancellationError() }
    }
}
