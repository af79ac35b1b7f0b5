import CVCore
import CVImage
import CVModels
import CVTensor
import CVWeights

/// Paints pictures of any size by a `ImageTransformNet`.
///
/// A picture of twelve megapixels has 1.5 GB of maps in the first layer alone. So all layers are computed in strips of rows,
/// each with the rows around it that its convolution sees. What the next layer wants to know of the whole are the mean and
/// variance of each channel: maps that are not too large are kept until these are known, larger ones are computed twice.
/// Up to rounding, the result is that of the network on the whole picture.
///
/// Immutable: many threads may use one painter at the same time.
public struct FeedForwardStylizer: Sendable {
    private let network: ImageTransformNet
    private let preprocessing: Preprocessing
    /// Numbers in a strip.
    private let stripCount: Int
    /// Numbers of maps that are kept, at most.
    private let keptCount: Int

    package init(
        _ network: ImageTransformNet, _ preprocessing: Preprocessing, stripCount: Int = 1 << 21,
        keptCount: Int = 1 << 27
    ) {
        (self.network, self.preprocessing) = (network, preprocessing)
        (self.stripCount, self.keptCount) = (stripCount, keptCount)
    }

    /// About the bytes that a picture of this size takes, beside the picture itself.
    public func bytes(width: Int, height: Int) -> Int {
        func size(_ stage: ImageTransformNet.Stage, _ part: Int) -> Int {
            let count = stage.convolution.conv2d.weight.shape[0] * (width * height / (part * part) + 1)
            return count > keptCount ? 0 : 4 * count
        }
        let middle = size(network.down[2], 4)
        let most = max(size(network.down[1], 2) + middle, 4 * middle, 2 * size(network.up[1], 1))
        return most + 6 * width * height + 64 * stripCount
    }

    /// The picture, painted, in its own size.
    ///
    /// - Throws: `FastStyleError.tooSmall`.
    public func callAsFunction(_ image: Image) throws(FastStyleError) -> Image {
        let least = ImageTransformNet.minimumSide
        guard min(image.width, image.height) >= least else {
            throw .tooSmall(width: image.width, height: image.height)
        }
        var maps: any RowStream = ImageRowStream(image.withoutAlpha(), preprocessing)
        for stage in network.down { maps = passed(maps, stage) }
        for block in network.blocks {
            let sum = SumRowStream(maps, passed(passed(maps, block.first), block.second))
            maps = BufferedRows(sum, strip: strip(sum)) { _ in }
        }
        for stage in network.up { maps = passed(maps, stage) }
        return composed(maps, width: image.width, height: image.height)
    }

    /// Rows of a strip.
    private func strip(_ maps: some RowStream) -> Int { max(1, stripCount / (maps.channels * maps.width)) }

    /// What a stage makes of the maps.
    private func passed(_ maps: any RowStream, _ stage: ImageTransformNet.Stage) -> any RowStream {
        guard let normalization = stage.normalization else {
            return ConvRowStream(maps, stage.convolution, bias: true, stage.activation)
        }
        // A bias would move the mean by as much.
        let raw = ConvRowStream(maps, stage.convolution, bias: false, .linear)
        var moments = ChannelMoments(channels: raw.channels)
        if raw.channels * raw.height * raw.width <= keptCount {
            let kept = BufferedRows(raw, strip: strip(raw)) { moments.add($0) }
            return NormalizedRowStream(kept, moments, normalization, stage.activation)
        }
        raw.forEachStrip(strip(raw)) { _, rows in moments.add(rows) }
        let known = FusedConv2d.Normalization(
            mean: moments.mean, variance: moments.variance, weight: normalization.weight!.value,
            bias: normalization.bias!.value, epsilon: normalization.epsilon)
        return ConvRowStream(maps, stage.convolution, bias: false, normalization: known, stage.activation)
    }

    /// The colours as a picture; the network's is up to three pixels larger.
    private func composed(_ colors: any RowStream, width: Int, height: Int) -> Image {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * width * height)
        colors.forEachStrip(max(1, stripCount / (3 * colors.width))) { range, rows in
            guard range.lowerBound < height else { return }
            let strip = Image(unit: rows)
            let wanted = min(range.upperBound, height) - range.lowerBound
            pixels +=
                (wanted, width) == (strip.height, strip.width)
                ? strip.pixels : strip.cropped(x: 0, y: 0, width: width, height: wanted).pixels
        }
        return Image(width: width, height: height, format: .rgb, pixels: pixels)
    }
}
