import CVCore

/// A part of one image of a batch, such as where an object may be.
public struct RegionOfInterest: Sendable, Equatable {
    /// The index of the image in the batch.
    public let image: Int
    /// The left edge, in pixels of the image.
    public let minX: Float
    /// The upper edge.
    public let minY: Float
    /// The right edge.
    public let maxX: Float
    /// The lower edge.
    public let maxY: Float

    /// A region.
    ///
    /// - Parameters:
    ///   - image: the index of the image in the batch.
    ///   - minX: the left edge, in pixels of the image.
    ///   - minY: the upper edge.
    ///   - maxX: the right edge.
    ///   - maxY: the lower edge.
    public init(image: Int, minX: Float, minY: Float, maxX: Float, maxY: Float) {
        (self.image, self.minX, self.minY, self.maxX, self.maxY) = (image, minX, minY, maxX, maxY)
    }

    fileprivate var isFinite: Bool { [minX, minY, maxX, maxY].allSatisfy(\.isFinite) }
}

/// The features of regions, each brought to the same size (He et al. 2017, "Mask R-CNN", arXiv:1703.06870), as
/// `torchvision.ops.roi_align`.
///
/// A region is divided into height × width bins; in each, features are interpolated at a few points, and their mean is the result.
/// Nothing is rounded to whole pixels, as RoI pooling does (Girshick 2015, arXiv:1504.08083): so boxes stay where they are.
///
/// - Parameters:
///   - x: features, [N, C, H, W].
///   - regions: in pixels of the image; there is no gradient with respect to them.
///   - height: rows of the result.
///   - width: columns of the result.
///   - scale: pixels of `x` for each pixel of the image, such as 1/16.
///   - samples: points in each bin, in both directions; nil for as many as the bin has pixels, at most 32.
///   - isAligned: whether pixel centers lie at half numbers; false for the older convention, half a pixel off, with regions of at least
///     one pixel.
/// - Returns: [regions.count, C, height, width].
/// - Precondition: the edges are finite, and there are images of these indices.
public func roiAlign(
    _ x: Tensor, _ regions: [RegionOfInterest], height: Int, width: Int, scale: Float = 1, samples: Int? = 2,
    isAligned: Bool = true
) -> Tensor {
    let input = ImageShape(x.shape, for: "roiAlign")
    precondition(height > 0 && width > 0 && samples ?? 1 > 0, "roiAlign: \(height)×\(width), \(samples ?? 0) samples")
    for region in regions {
        precondition(
            region.isFinite && 0..<input.batch ~= region.image, "roiAlign: \(region) in \(input.batch) images")
    }
    let bins = regions.map { region in
        RegionBins(
            region, input, height: height, width: width, scale: scale, samples: samples, isAligned: isAligned)
    }
    let plane = height * width
    let y = Tensor(shape: [regions.count, input.channels, height, width], from: x) { y in
        x.withValues { x in
            Parallel.forRanges(regions.count * input.channels, grain: 16) { planes in
                for index in planes {
                    let (region, channel) = index.quotientAndRemainder(dividingBy: input.channels)
                    let from = (regions[region].image * input.channels + channel) * input.plane
                    bins[region].gather(from: x.baseAddress! + from, to: y.baseAddress! + index * plane)
                }
            }
        }
    }
    let shape = x.shape
    let operation = Operation.roiAlign(
        regions: regions, height: height, width: width, scale: scale, samples: samples, isAligned: isAligned)
    return y.recorded(as: operation, (x, { scattered($0, to: shape, regions.map(\.image), bins) }))
}

/// The gradient: each element is added to the pixels that it came from. In parallel over channels, since regions overlap.
private func scattered(_ dy: Tensor, to shape: Shape, _ images: [Int], _ bins: [RegionBins]) -> Tensor {
    let input = ImageShape(shape, for: "roiAlign gradient")
    let plane = dy.shape[2] * dy.shape[3]
    return Tensor(shape: shape) { dx in
        dx.initialize(repeating: 0)
        dy.withValues { dy in
            Parallel.forRanges(input.channels, grain: 1) { channels in
                for channel in channels {
                    for (region, image) in images.enumerated() {
                        let from = (region * input.channels + channel) * plane
                        let to = (image * input.channels + channel) * input.plane
                        bins[region].scatter(from: dy.baseAddress! + from, to: dx.baseAddress! + to)
                    }
                }
            }
        }
    }
}

/// Where the points of a region's bins are, the same for all channels.
private struct RegionBins: Sendable {
    /// Of an interpolation in one direction: two pixels and their weights.
    private struct Point {
        var low = 0, high = 0
        var lowWeight: Float = 0, highWeight: Float = 0
    }

    /// Of all bins, one after the other.
    private let rows, columns: [Point]
    private let rowSamples, columnSamples: Int
    private let height, width: Int
    /// Of `x`.
    private let stride: Int

    private static let mostSamples = 32

    init(
        _ region: RegionOfInterest, _ input: ImageShape, height: Int, width: Int, scale: Float, samples: Int?,
        isAligned: Bool
    ) {
        let shift: Float = isAligned ? 0.5 : 0
        func points(_ low: Float, _ high: Float, _ bins: Int, _ size: Int) -> (points: [Point], samples: Int) {
            let start = low * scale - shift
            let length = isAligned ? high * scale - shift - start : max(high * scale - start, 1)
            let bin = length / Float(bins)
            // None for a region without an extent, whose features are 0.
            let count = samples ?? min(max(Int(clamping: bin.rounded(.up)), 0), Self.mostSamples)
            return (
                (0..<bins * count).map { index in
                    let (number, sample) = index.quotientAndRemainder(dividingBy: count)
                    let position = start + Float(number) * bin + (Float(sample) + 0.5) * bin / Float(count)
                    return Self.point(position, size)
                }, count
            )
        }
        (rows, rowSamples) = points(region.minY, region.maxY, height, input.height)
        (columns, columnSamples) = points(region.minX, region.maxX, width, input.width)
        (self.height, self.width, stride) = (height, width, input.width)
    }

    /// Beyond a pixel outside, features are 0; up to there, those of the border.
    private static func point(_ position: Float, _ size: Int) -> Point {
        guard position >= -1, position <= Float(size) else { return Point() }
        let position = max(position, 0)
        let low = min(Int(clamping: position.rounded(.down)), size - 1)
        guard low < size - 1 else { return Point(low: low, high: low, lowWeight: 1) }
        let part = position - Float(low)
        return Point(low: low, high: low + 1, lowWeight: 1 - part, highWeight: part)
    }

    /// Calls `body` with the bin, the index of a pixel and its weight in the bin's mean.
    @inline(__always)
    private func forPixels(_ body: (_ bin: Int, _ pixel: Int, _ weight: Float) -> Void) {
        let part = 1 / Float(rowSamples * columnSamples)
        for (y, row) in rows.enumerated() {
            for (x, column) in columns.enumerated() {
                let bin = y / rowSamples * width + x / columnSamples
                body(bin, row.low * stride + column.low, row.lowWeight * column.lowWeight * part)
                body(bin, row.low * stride + column.high, row.lowWeight * column.highWeight * part)
                body(bin, row.high * stride + column.low, row.highWeight * column.lowWeight * part)
                body(bin, row.high * stride + column.high, row.highWeight * column.highWeight * part)
            }
        }
    }

    func gather(from x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>) {
        for bin in 0..<height * width { y[bin] = 0 }
        forPixels { y[$0] += x[$1] * $2 }
    }

    func scatter(from dy: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>) {
        forPixels { dx[$1] += dy[$0] * $2 }
    }
}
