import CVCore
import CVImage
import CVLandmarks

/// The square around an object that a step trains on: of random size, position and angle, resampled once.
///
/// Detectors frame objects in many ways, and the network must not depend on it.
struct LandmarkCrop: Augmentation {
    /// The side of the crop, in pixels.
    let side: Int
    /// The fraction of the crop's side that the longer side of the object's box takes; drawn uniformly in the logarithm.
    let fill: ClosedRange<Double>
    /// How far the object's center may be from that of the crop, in sides of the crop, in each direction.
    let shift: Double
    /// By how much the crop may be turned either way.
    let degrees: Double

    func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
        // Always as many draws, whatever the sample shows.
        let logFill = random.uniform(in: log(fill.lowerBound)...log(fill.upperBound))
        let offsets = (x: random.uniform(in: -shift...shift), y: random.uniform(in: -shift...shift))
        let angle = random.uniform(in: -degrees...degrees)
        let whole = Box(minX: 0, minY: 0, maxX: Float(sample.image.width), maxY: Float(sample.image.height))
        let box = sample.keypoints.first.flatMap { Box(around: $0.compactMap(\.landmark)) } ?? whole
        var region = LandmarkRegion(around: box, fill: exp(logFill), degrees: angle)
        region.center.x += Float(offsets.x) * region.side
        region.center.y += Float(offsets.y) * region.side
        return sample.warped(by: region.map(to: side), width: side, height: side)
    }
}

extension SplitMix64 {
    /// A number from the lower bound to below the upper one.
    fileprivate mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) * 0x1p-53
    }
}
