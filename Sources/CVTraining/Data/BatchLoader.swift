import CVCore
import CVImage
import CVTask
import CVTensor
import CVWeights

/// A mini-batch of pictures, ready for a network.
public struct ImageBatch: Sendable {
    /// [N, C, H, W], normalised; or in their place what a frozen backbone made of them.
    public let images: Tensor
    /// N numbers of classes.
    public let labels: [Int]
    /// Places of the pictures in `DecodedImages.items`.
    public let items: [Int]

    public init(images: Tensor, labels: [Int], items: [Int]) {
        (self.images, self.labels, self.items) = (images, labels, items)
    }
}

/// Makes mini-batches: shuffles, augments and normalises, ahead of the step that uses them.
///
/// What a batch holds depends on the seed, the epoch and the step alone: not on threads, nor on where an epoch is begun.
/// Each picture is augmented with a generator of its own, of (seed, epoch, item), and keeps its label: mixup and mosaic are
/// of use only with their usual partner, the picture itself.
public struct BatchLoader: Sendable {
    public let images: DecodedImages
    /// Places in `images.items`.
    public let items: [Int]
    public let batchSize: Int
    /// Of the size and channels of `images`, with the mean and deviation that the network's input is to have.
    public let preprocessing: Preprocessing
    /// Nil for pictures as they are. What it makes of another size is stretched to the network's.
    public let augmentation: Augment.Pipeline?
    public let seed: UInt64
    /// For training: in another order every epoch, and whole batches only. Else in order, and the last batch may be
    /// smaller.
    public let shuffles: Bool
    /// Batches made ahead of their use, at most.
    public let ahead: Int
    /// Threads that make them.
    public let workers: Int

    /// - Parameter workers: nil for one where pictures are in memory, and for as many as there are where each must be
    ///   decoded.
    public init(
        _ images: DecodedImages, items: [Int], batchSize: Int, preprocessing: Preprocessing,
        augmentation: Augment.Pipeline? = nil, seed: UInt64 = 0, shuffles: Bool, ahead: Int = 4, workers: Int? = nil
    ) {
        precondition(batchSize > 0, "batches of \(batchSize) pictures: 1 or more expected")
        precondition(ahead > 0, "\(ahead) batches ahead: 1 or more expected")
        let (own, wanted) = (images.preprocessing, preprocessing)
        precondition(
            own.width == wanted.width && own.height == wanted.height && own.channels == wanted.channels,
            "pictures of \(own.width)×\(own.height) \(own.channels) for an input of \(wanted.width)×\(wanted.height) "
                + "\(wanted.channels)")
        self.images = images
        self.items = items
        self.batchSize = batchSize
        self.preprocessing = preprocessing
        self.augmentation = augmentation
        self.seed = seed
        self.shuffles = shuffles
        self.ahead = ahead
        self.workers = max(1, workers ?? (images.isInMemory ? 1 : Parallel.threadCount))
    }

    /// Batches in an epoch.
    public var steps: Int { shuffles ? items.count / batchSize : (items.count + batchSize - 1) / batchSize }

    /// The batches of an epoch from a step on, both counted from 0.
    public func batches(epoch: Int = 0, startingAt step: Int = 0) -> BatchStream<ImageBatch> {
        precondition(step >= 0, "epochs have no step \(step)")
        var random = SplitMix64(seed: seed, stream: epoch)
        let itemSeed = random.next()
        let order = shuffles ? Self.shuffled(items, using: &random) : items
        let writer = BatchWriter(images, preprocessing, augmentation, seed: itemSeed)
        let batchSize = batchSize
        return BatchStream(steps: min(step, steps)..<steps, ahead: ahead, workers: workers) { step, stop in
            let start = step * batchSize
            let mine = Array(order[start..<min(start + batchSize, order.count)])
            return try Parallel.onThisThread { try writer.batch(mine, stop) }
        }
    }

    /// Fisher and Yates, as Durstenfeld (1964) has it. Written out: the standard library may change its way of drawing.
    package static func shuffled(_ items: [Int], using random: inout SplitMix64) -> [Int] {
        var items = items
        for last in stride(from: items.count - 1, to: 0, by: -1) {
            // The upper half of the product is an even draw, but for one part in 2^64 / count.
            let position = Int(random.next().multipliedFullWidth(by: UInt64(last + 1)).high)
            items.swapAt(last, position)
        }
        return items
    }
}

/// Augments and normalises the pictures of a batch.
private struct BatchWriter {
    let images: DecodedImages
    let preprocessing: Preprocessing
    let augmentation: Augment.Pipeline?
    /// Of the epoch; a picture's own generator is the stream with its number.
    let seed: UInt64
    private let levels: LevelTable

    init(
        _ images: DecodedImages, _ preprocessing: Preprocessing, _ augmentation: Augment.Pipeline?, seed: UInt64
    ) {
        (self.images, self.preprocessing) = (images, preprocessing)
        (self.augmentation, self.seed) = (augmentation, seed)
        levels = LevelTable(preprocessing)
    }

    func batch(_ items: [Int], _ stop: BatchStream<ImageBatch>.Stop) throws -> ImageBatch {
        let channels = preprocessing.channels.count
        let count = channels * preprocessing.height * preprocessing.width
        let inputs = try Tensor(shape: [items.count, channels, preprocessing.height, preprocessing.width]) { values in
            for (position, item) in items.enumerated() {
                // Nobody will look at the batch.
                if stop.isSet { throw CancellationError() }
                let target = UnsafeMutableBufferPointer(rebasing: values[position * count..<(position + 1) * count])
                try images.withPixels(of: item) { pixels in
                    guard let augmentation else { return levels.normalize(pixels, into: target) }
                    var random = SplitMix64(seed: seed, stream: item)
                    let changed = augmentation(Sample(image(pixels)), using: &random).image
                    samples(changed).withUnsafeBufferPointer { levels.normalize($0, into: target) }
                }
            }
        }
        return ImageBatch(images: inputs, labels: items.map { images.items[$0].label }, items: items)
    }

    private func image(_ pixels: UnsafeBufferPointer<UInt8>) -> Image {
        let colors = preprocessing.channels == .gray ? pixels.flatMap { [$0, $0, $0] } : Array(pixels)
        return Image(width: preprocessing.width, height: preprocessing.height, format: .rgb, pixels: colors)
    }

    /// Of a picture that was augmented; a crop may have made it smaller.
    private func samples(_ image: Image) -> [UInt8] {
        var stretched = preprocessing
        stretched.resize = .stretch
        return stretched.samples(image)
    }
}
