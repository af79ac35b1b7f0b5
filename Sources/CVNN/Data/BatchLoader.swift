import CVCore
import CVImage
import CVTensor

/// A mini-batch of pictures, ready for a network.
public struct ImageBatch: Sendable {
    /// [N, C, H, W], normalised.
    public let images: Tensor
    /// N numbers of classes.
    public let labels: [Int]
    /// Places of the pictures in `DecodedPictures.items`.
    public let items: [Int]
}

/// Makes mini-batches: shuffles, augments and normalises, ahead of the step that uses them.
///
/// What a batch holds depends on the seed, the epoch and the step alone, not on threads or on where an epoch is begun.
public struct BatchLoader: Sendable {
    public let pictures: DecodedPictures
    /// Places in `pictures.items`.
    public let items: [Int]
    public let batchSize: Int
    /// With the mean and deviation that the network's input is to have.
    public let preprocessing: Preprocessing
    /// Nil for pictures as they are.
    public let augmentation: Augment.Pipeline?
    public let seed: UInt64
    /// In another order every epoch, and whole batches only; else in order, and the last batch may be smaller.
    public let shuffles: Bool
    /// Batches made ahead of their use, at most.
    public let ahead: Int

    public init(
        _ pictures: DecodedPictures, items: [Int], batchSize: Int, preprocessing: Preprocessing,
        augmentation: Augment.Pipeline? = nil, seed: UInt64 = 0, shuffles: Bool, ahead: Int = 4
    ) {
        precondition(batchSize > 0, "batches of \(batchSize) pictures: 1 or more expected")
        precondition(ahead > 0, "\(ahead) batches ahead: 1 or more expected")
        self.pictures = pictures
        self.items = items
        self.batchSize = batchSize
        self.preprocessing = preprocessing
        self.augmentation = augmentation
        self.seed = seed
        self.shuffles = shuffles
        self.ahead = ahead
    }

    /// Batches in an epoch.
    public var steps: Int { shuffles ? items.count / batchSize : (items.count + batchSize - 1) / batchSize }

    /// The batches of an epoch from a step on, both counted from 0.
    public func batches(epoch: Int = 0, startingAt step: Int = 0) -> BatchStream {
        BatchStream(steps: step..<max(step, steps), ahead: ahead) { _ in preconditionFailure("TODO") }
    }
}
