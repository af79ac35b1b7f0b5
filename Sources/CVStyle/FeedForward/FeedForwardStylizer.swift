import CVCore
import CVImage
import CVModels
import CVTask
import CVTensor
import CVWeights

/// Feed-forward stylization of images of any size by an `ImageTransformNet`, with streamed execution.
///
/// The feature maps of the first layer alone take 1.5 GB for an image of twelve megapixels. All layers are therefore
/// computed in bands of rows, each with the rows around it that its convolution reads. Instance normalization needs the
/// mean and variance of each channel over the whole image: feature maps that are not too large are buffered until these
/// are known, larger ones are computed twice. Up to rounding, the result is that of the network on the whole image.
///
/// Immutable: many threads may use one stylizer at the same time.
public struct FeedForwardStylizer: Sendable {
    private let network: ImageTransformNet
    private let preprocessing: Preprocessing
    /// The number of elements in a band.
    private let bandCount: Int
    /// The largest number of elements of feature maps that are buffered.
    private let bufferedCount: Int

    package init(
        _ network: ImageTransformNet, _ preprocessing: Preprocessing, bandCount: Int = 1 << 21,
        bufferedCount: Int = 1 << 27
    ) {
        (self.network, self.preprocessing) = (network, preprocessing)
        (self.bandCount, self.bufferedCount) = (bandCount, bufferedCount)
    }

    /// An estimate of the memory for an image, besides the image itself.
    ///
    /// - Parameters:
    ///   - width: the width in pixels.
    ///   - height: the height in pixels.
    /// - Returns: the memory in bytes.
    public func bytes(width: Int, height: Int) -> Int {
        func size(_ stage: ImageTransformNet.Stage, _ part: Int) -> Int {
            let count = stage.convolution.conv2d.weight.shape[0] * (width * height / (part * part) + 1)
            return count > bufferedCount ? 0 : 4 * count
        }
        let middle = size(network.down[2], 4)
        let most = max(size(network.down[1], 2) + middle, 4 * middle, 2 * size(network.up[1], 1))
        return most + 6 * width * height + 64 * bandCount
    }

    /// The stylized image, of the same size.
    ///
    /// - Parameter image: any image; its alpha is dropped.
    /// - Returns: an RGB image.
    /// - Throws: `FastStyleError.tooSmall`; `NonFiniteOutput` if the network computes NaN or infinity.
    public func callAsFunction(_ image: Image) throws -> Image {
        let least = ImageTransformNet.minimumSide
        guard min(image.width, image.height) >= least else {
            throw FastStyleError.tooSmall(width: image.width, height: image.height)
        }
        let before = SaturatedInfinities.count
        var features: any RowStream = ImageRowStream(image.withoutAlpha(), preprocessing)
        for stage in network.down { features = applied(features, stage) }
        for block in network.blocks {
            let sum = SumRowStream(features, applied(applied(features, block.first), block.second))
            features = BufferedRows(sum, bandRows: bandRows(sum)) { _ in }
        }
        for stage in network.up { features = applied(features, stage) }
        guard let result = composed(features, width: image.width, height: image.height) else {
            throw NonFiniteOutput(cause(in: image))
        }
        if SaturatedInfinities.count != before {
            let cause = cause(in: image)
            if cause != .output { throw NonFiniteOutput(cause) }
        }
        return result
    }

    /// Where the values first are not finite: searched in a part of the image, which does not need the memory of all.
    private func cause(in image: Image) -> NonFiniteOutput.Cause {
        let (width, height) = (min(image.width, Self.searchedSide), min(image.height, Self.searchedSide))
        let part = image.withoutAlpha().resized(width: width, height: height)
        return NonFiniteOutput.cause(of: ImageRowStream(part, preprocessing).rows(0..<height)) { _ = network($0) }
    }

    /// In pixels.
    private static let searchedSide = 512

    /// The number of rows of a band.
    private func bandRows(_ features: some RowStream) -> Int {
        max(1, bandCount / (features.channels * features.width))
    }

    /// The output of a stage.
    private func applied(_ maps: any RowStream, _ stage: ImageTransformNet.Stage) -> any RowStream {
        guard let normalization = stage.normalization else {
            return ConvRowStream(maps, stage.convolution, bias: true, stage.activation)
        }
        // The normalization would subtract a bias again.
        let raw = ConvRowStream(maps, stage.convolution, bias: false, .linear)
        var moments = ChannelMoments(channels: raw.channels)
        if raw.channels * raw.height * raw.width <= bufferedCount {
            let buffered = BufferedRows(raw, bandRows: bandRows(raw)) { moments.add($0) }
            return NormalizedRowStream(buffered, moments, normalization, stage.activation)
        }
        raw.forEachBand(bandRows(raw)) { _, rows in moments.add(rows) }
        let known = FusedConv2d.Normalization(
            mean: moments.mean, variance: moments.variance, weight: normalization.weight!.value,
            bias: normalization.bias!.value, epsilon: normalization.epsilon)
        return ConvRowStream(maps, stage.convolution, bias: false, normalization: known, stage.activation)
    }

    /// The output as an image; that of the network is up to three pixels larger. Nil if it is NaN or infinite.
    private func composed(_ colors: any RowStream, width: Int, height: Int) -> Image? {
        var isFinite = true
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * width * height)
        colors.forEachBand(max(1, bandCount / (3 * colors.width))) { range, rows in
            isFinite = isFinite && rows.isFinite
            guard isFinite, range.lowerBound < height else { return }
            let band = Image(unit: rows)
            let rowCount = min(range.upperBound, height) - range.lowerBound
            pixels +=
                (rowCount, width) == (band.height, band.width)
                ? band.pixels : band.cropped(x: 0, y: 0, width: width, height: rowCount).pixels
        }
        return isFinite ? Image(width: width, height: height, format: .rgb, pixels: pixels) : nil
    }
}
