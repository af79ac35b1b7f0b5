import CVCore
import CVImage
import CVTensor

/// Makes mini-batches: shuffles, augments and collates, ahead of the step that uses them.
///
/// The content of a batch depends on the seed, the epoch and the step alone: not on threads, nor on where an epoch is
/// started. Each image is augmented with a generator of its own, of (seed, epoch, item), and keeps its label: mixup and
/// mosaic are of use only with their usual partner, the image itself. Counterpart of PyTorch's `DataLoader`.
public struct BatchLoader<Collating: Collation>: Sendable {
    /// What `next()` of the stream returns.
    public typealias Batch = Collating.Batch

    /// The whole data set.
    public let images: DecodedImages
    /// Indices of `images.items`.
    public let items: [Int]
    /// The number of images in a batch.
    public let batchSize: Int
    /// What makes a batch of samples.
    public let collation: Collating
    /// Nil for images as they are.
    public let augmentation: Augment.Pipeline?
    /// The seed of the order and the augmentations.
    public let seed: UInt64
    /// Which images make a batch.
    public let order: BatchOrder
    /// Whether the order is another one in every epoch, as in training.
    public var shuffles: Bool { order != .sequential }
    private let classSampling: ClassSampling?
    /// The number of batches made ahead of their use, at most.
    public let ahead: Int
    /// The number of threads that make them.
    public let workers: Int

    /// - Parameters:
    ///   - images: the set.
    ///   - items: indices of `images.items`.
    ///   - batchSize: the number of images in a batch.
    ///   - collation: what makes a batch of samples.
    ///   - augmentation: nil for images as they are.
    ///   - seed: of the order and the augmentations.
    ///   - shuffles: whether the order is `.shuffled`; else `.sequential`.
    ///   - ahead: the number of batches made ahead of their use, at most.
    ///   - workers: threads that make them; nil for one if images are in memory, and for as many as there are if each
    ///     must be decoded.
    public init(
        _ images: DecodedImages, items: [Int], batchSize: Int, collation: Collating,
        augmentation: Augment.Pipeline? = nil, seed: UInt64 = 0, shuffles: Bool, ahead: Int = 4, workers: Int? = nil
    ) {
        self.init(
            images, items: items, batchSize: batchSize, order: shuffles ? .shuffled : .sequential,
            collation: collation, augmentation: augmentation, seed: seed, ahead: ahead, workers: workers)
    }

    /// A loader whose batches have several images of each of several classes: the size of a batch follows from that.
    ///
    /// - Parameters:
    ///   - images: the set; its images have labels.
    ///   - items: indices of `images.items`.
    ///   - classes: the number of classes in a batch, P; all if there are fewer.
    ///   - imagesPerClass: the number of images of each of them, K; all images of a class that has fewer.
    ///   - collation: what makes a batch of samples.
    ///   - augmentation: nil for images as they are.
    ///   - seed: of the order and the augmentations.
    public init(
        _ images: DecodedImages, items: [Int], classesPerBatch classes: Int, imagesPerClass: Int,
        collation: Collating, augmentation: Augment.Pipeline? = nil, seed: UInt64 = 0
    ) {
        self.init(
            images, items: items, batchSize: classes * imagesPerClass,
            order: .classes(perBatch: classes, imagesPerClass: imagesPerClass), collation: collation,
            augmentation: augmentation, seed: seed, ahead: 4, workers: nil)
    }

    private init(
        _ images: DecodedImages, items: [Int], batchSize: Int, order: BatchOrder, collation: Collating,
        augmentation: Augment.Pipeline?, seed: UInt64, ahead: Int, workers: Int?
    ) {
        precondition(batchSize > 0, "batches of \(batchSize) images: 1 or more expected")
        precondition(ahead > 0, "\(ahead) batches ahead: 1 or more expected")
        (self.images, self.items, self.batchSize) = (images, items, batchSize)
        (self.collation, self.augmentation, self.seed) = (collation, augmentation, seed)
        (self.order, self.ahead) = (order, ahead)
        if case .classes(let classes, let count) = order {
            classSampling = ClassSampling(
                items, labels: items.map { images.items[$0].label ?? 0 }, classesPerBatch: classes,
                imagesPerClass: count)
        } else {
            classSampling = nil
        }
        self.workers = max(1, workers ?? (images.isInMemory ? 1 : Parallel.threadCount))
    }

    /// The number of batches in an epoch.
    public var steps: Int {
        switch order {
        case .sequential: (items.count + batchSize - 1) / batchSize
        case .shuffled: items.count / batchSize
        case .classes: classSampling?.steps ?? 0
        }
    }

    /// The batches of an epoch from a step on.
    ///
    /// - Parameters:
    ///   - epoch: counted from 0.
    ///   - step: the first one, counted from 0; beyond the end of the epoch there are no batches.
    /// - Returns: a stream that makes batches in the background.
    public func batches(epoch: Int = 0, startingAt step: Int = 0) -> BatchStream<Batch> {
        precondition(step >= 0, "epochs have no step \(step)")
        var random = SplitMix64(seed: seed, stream: epoch)
        let itemSeed = random.next()
        let batches = itemsOfBatches(using: &random)
        return BatchStream(steps: min(step, steps)..<steps, ahead: ahead, workers: workers) { [self] step, stop in
            let samples = BatchSamples(
                images: images, items: batches[step], augmentation: augmentation, seed: itemSeed,
                isStopped: { stop.isSet })
            return try Parallel.onThisThread { try collation.batch(samples) }
        }
    }

    private func itemsOfBatches(using random: inout SplitMix64) -> [ArraySlice<Int>] {
        if let classSampling { return classSampling.batches(using: &random).map { $0[...] } }
        let items = order == .shuffled ? random.permutation(of: items) : items
        return (0..<steps).map { items[$0 * batchSize..<min(($0 + 1) * batchSize, items.count)] }
    }
}

extension SplitMix64 {
    /// A random order by Fisher and Yates, as Durstenfeld (1964) has it. Written out: the standard library may change its
    /// way of drawing.
    ///
    /// - Parameter items: in any order.
    /// - Returns: the same items, each order as likely as any other.
    package mutating func permutation(of items: [Int]) -> [Int] {
        var items = items
        for last in stride(from: items.count - 1, to: 0, by: -1) {
            // The upper half of the product is an even draw, but for one part in 2^64 / count.
            let position = Int(next().multipliedFullWidth(by: UInt64(last + 1)).high)
            items.swapAt(last, position)
        }
        return items
    }
}
