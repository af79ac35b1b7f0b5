import CVCore
import CVImage
import CVTask
import CVTensor
import CVWeights

/// A mini-batch of images and the landmarks of their objects, ready for a network.
public struct LandmarkBatch: Sendable {
    /// [N, 3, H, W], normalized.
    public let images: Tensor
    /// N · K positions as fractions of the width and height, possibly outside of 0 … 1; nil for a point that is not known.
    public let points: [Point?]
    /// N: whether the image shows an object.
    public let hasObject: [Bool]
}

/// Images normalized and stacked, with the landmarks of their objects; all of the size that the augmentation gives them.
public struct LandmarkCollation: Collation {
    private let levels: LevelTable
    private let points: Int

    /// - Parameters:
    ///   - preprocessing: the mean and deviation that the network's input is to have, for RGB.
    ///   - points: how many an object has.
    public init(_ preprocessing: Preprocessing, points: Int) {
        (levels, self.points) = (LevelTable(preprocessing), points)
    }

    /// Images and landmarks as one batch; see `Collation.batch(_:)`.
    ///
    /// - Parameter samples: not yet read, with one list of keypoints each, or none.
    /// - Returns: [N, 3, H, W] with the positions of all points.
    /// - Throws: what reading a sample throws.
    public func batch(_ samples: BatchSamples) throws -> LandmarkBatch {
        let samples = try samples.items.map { try samples.sample(of: $0) }
        let (width, height) = (samples[0].image.width, samples[0].image.height)
        let count = 3 * height * width
        let images = Tensor(shape: [samples.count, 3, height, width]) { values in
            for (position, sample) in samples.enumerated() {
                let image = UnsafeMutableBufferPointer(rebasing: values[position * count..<(position + 1) * count])
                sample.image.pixels.withUnsafeBufferPointer { levels.normalize($0, into: image) }
            }
        }
        let positions = samples.flatMap { sample -> [Point?] in
            guard let object = sample.keypoints.first else { return [Point?](repeating: nil, count: points) }
            return object.map { keypoint in
                keypoint.landmark.map { Point(x: $0.x / Float(width), y: $0.y / Float(height)) }
            }
        }
        return LandmarkBatch(images: images, points: positions, hasObject: samples.map { !$0.keypoints.isEmpty })
    }
}
