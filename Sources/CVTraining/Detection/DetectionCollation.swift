import CVCore
import CVDetection
import CVImage
import CVModels
import CVTask
import CVTensor
import CVWeights
import Synchronization

/// Images letterboxed and stacked, with the boxes of their objects.
public struct DetectionCollation: Collation {
    private let preprocessing: Preprocessing
    /// The sizes that a batch may have, width and height in pixels.
    private let sizes: [(width: Int, height: Int)]
    private let isPlain: Bool
    private let partners: PartnerImages?
    private let search: SelectiveSearch?

    /// - Parameters:
    ///   - preprocessing: that of the network, letterboxed.
    ///   - multiScale: how far a batch's size may be from that, as a fraction.
    ///   - multiple: what the sides are multiples of, in pixels.
    ///   - isPlain: whether the batches are without strong augmentation.
    ///   - partners: where the augmentation finds other images.
    ///   - search: finds regions, for networks that need them.
    init(
        _ preprocessing: Preprocessing, multiScale: Double = 0, multiple: Int = 32, isPlain: Bool = false,
        partners: PartnerImages? = nil, search: SelectiveSearch? = nil
    ) {
        precondition(preprocessing.resize == .letterbox, "boxes with \(preprocessing.resize.rawValue)")
        (self.preprocessing, self.isPlain, self.partners, self.search) = (preprocessing, isPlain, partners, search)
        sizes = Self.sizes(preprocessing, multiScale, multiple)
    }

    /// All sizes of the same proportions, as nearly as multiples allow, from the smallest to the largest.
    private static func sizes(
        _ preprocessing: Preprocessing, _ spread: Double, _ multiple: Int
    ) -> [(width: Int, height: Int)] {
        let (width, height) = (preprocessing.width, preprocessing.height)
        func steps(_ side: Int, _ scale: Double) -> Int {
            max(1, Int(clamping: (Double(side) * scale / Double(multiple)).rounded()))
        }
        guard spread > 0 else { return [(width, height)] }
        return (steps(width, 1 - spread)...steps(width, 1 + spread)).map { count in
            let scale = Double(count * multiple) / Double(width)
            return (count * multiple, steps(height, scale) * multiple)
        }
    }

    /// Images and boxes as one batch; see `Collation.batch(_:)`.
    ///
    /// - Parameter samples: not yet read.
    /// - Returns: [N, 3, H, W] with the objects of each image.
    /// - Throws: what reading a sample throws.
    public func batch(_ samples: BatchSamples) throws -> DetectionBatch {
        var fitted = preprocessing
        (fitted.width, fitted.height) = size(of: samples)
        let levels = LevelTable(fitted)
        let count = 3 * fitted.height * fitted.width
        var boxes: [[LabeledBox]] = []
        let images = try Tensor(shape: [samples.items.count, 3, fitted.height, fitted.width]) { values in
            for (position, item) in samples.items.enumerated() {
                let sample = try samples.sample(of: item)
                try partners?.checkReading()
                let target = UnsafeMutableBufferPointer(rebasing: values[position * count..<(position + 1) * count])
                fitted.samples(sample.image).withUnsafeBufferPointer { levels.normalize($0, into: target) }
                boxes.append(fitted.moved(sample))
            }
        }
        var batch = DetectionBatch(images: images, boxes: boxes, isPlain: isPlain)
        batch.seed = samples.seed &+ UInt64(samples.items.first ?? 0)
        if let search { batch.regions = boxes.indices.map { search.boxes(in: fitted.image(images, at: $0)) } }
        return batch
    }

    /// One of the sizes, the same for the same seed, epoch and step.
    private func size(of samples: BatchSamples) -> (width: Int, height: Int) {
        guard sizes.count > 1, let first = samples.items.first else { return sizes[0] }
        var random = SplitMix64(seed: samples.seed ^ 0x5348_4150_4553, stream: first)
        return sizes[Int(clamping: random.next() >> 16) % sizes.count]
    }
}

extension Preprocessing {
    /// The boxes of a sample in pixels of the letterboxed input.
    fileprivate func moved(_ sample: Sample) -> [LabeledBox] {
        let letterbox = letterbox(width: sample.image.width, height: sample.image.height)
        return sample.boxes.map { LabeledBox(letterbox.toTarget($0.box), label: $0.label) }
    }
}

/// The images that mosaics and mixtures take beside their own.
///
/// Augmentations do not fail; so what reading an image throws is kept, and thrown when the batch is put together.
final class PartnerImages: Sendable {
    private let images: DecodedImages
    private let items: [Int]
    private let failure = Mutex<(any Error)?>(nil)

    /// - Parameters:
    ///   - images: the set.
    ///   - items: indices of `images.items` that may be taken.
    init(_ images: DecodedImages, items: [Int]) { (self.images, self.items) = (images, items) }

    /// An image by chance, perhaps the same one.
    func partner(of sample: Sample, using random: inout SplitMix64) -> Sample {
        // The upper half of the product is an even draw.
        let position = Int(clamping: random.next().multipliedFullWidth(by: UInt64(items.count)).high)
        do {
            return try images.sample(at: items[position])
        } catch {
            failure.withLock { $0 = $0 ?? error }
            return sample
        }
    }

    /// - Throws: what reading an image has thrown.
    func checkReading() throws {
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
