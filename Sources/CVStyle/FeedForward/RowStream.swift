import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Feature maps of one image, whose rows are computed on demand (streamed execution).
protocol RowStream {
    var channels: Int { get }
    var height: Int { get }
    var width: Int { get }
    /// [1, channels, range.count, width].
    func rows(_ range: Range<Int>) -> Tensor
}

extension RowStream {
    /// Computes all rows in order, in bands of `count`.
    func forEachBand(_ count: Int, _ body: (Range<Int>, Tensor) -> Void) {
        for start in stride(from: 0, to: height, by: count) {
            let range = start..<min(start + count, height)
            body(range, rows(range))
        }
    }
}

/// An image as the input of the network.
struct ImageRowStream: RowStream {
    private let image: Image
    private let levels: LevelTable

    /// Creates a stream of an image without alpha.
    init(_ image: Image, _ preprocessing: Preprocessing) {
        self.image = image
        levels = LevelTable(preprocessing)
    }

    var channels: Int { 3 }
    var height: Int { image.height }
    var width: Int { image.width }

    func rows(_ range: Range<Int>) -> Tensor {
        Tensor(shape: [1, 3, range.count, width]) { values in
            image.pixels.withUnsafeBufferPointer { pixels in
                let part = range.lowerBound * image.stride..<range.upperBound * image.stride
                levels.normalize(UnsafeBufferPointer(rebasing: pixels[part]), into: values)
            }
        }
    }
}

/// Feature maps in memory.
struct BufferedRows: RowStream {
    private let features: Tensor
    private let columns: [Int]

    /// Computes all rows of `source`, and calls `body` with each band.
    init(_ source: some RowStream, bandRows: Int, body: (Tensor) -> Void) {
        let (width, plane) = (source.width, source.height * source.width)
        features = Tensor(shape: [1, source.channels, source.height, width]) { values in
            source.forEachBand(bandRows) { range, rows in
                body(rows)
                let count = range.count * width
                rows.withValues { rows in
                    for channel in 0..<source.channels {
                        (values.baseAddress! + channel * plane + range.lowerBound * width).update(
                            from: rows.baseAddress! + channel * count, count: count)
                    }
                }
            }
        }
        columns = Array(0..<width)
    }

    var channels: Int { features.shape[1] }
    var height: Int { features.shape[2] }
    var width: Int { features.shape[3] }

    func rows(_ range: Range<Int>) -> Tensor { gathered(features, rows: Array(range), columns: columns) }
}

/// The output of a convolution with reflection padding at the borders of the whole image.
struct ConvRowStream: RowStream {
    private let source: any RowStream
    private let convolution: FusedConv2d
    private let geometry: ConvGeometry
    private let upsampling, padding: Int
    /// The source column of each column of the convolution's input.
    private let columns: [Int]
    let channels, height, width: Int

    /// bias: whether that of the convolution is added.
    init(
        _ source: any RowStream, _ convolution: ReflectedConv2d, bias: Bool,
        normalization: FusedConv2d.Normalization? = nil, _ activation: Activation
    ) {
        self.source = source
        let (weight, bias) = (convolution.conv2d.weight.value, bias ? convolution.conv2d.bias?.value : nil)
        (geometry, channels) = (convolution.conv2d.geometry, weight.shape[0])
        self.convolution = FusedConv2d(weight, bias: bias, geometry, normalization, activation)
        (upsampling, padding) = (convolution.upsampling, convolution.padding)
        let (padding, upsampling) = (padding, upsampling)
        columns = (-padding..<source.width * upsampling + padding).map {
            Self.origin($0, size: source.width, upsampling)
        }
        height = geometry.y.outputSize(source.height * upsampling + 2 * padding)
        width = geometry.x.outputSize(source.width * upsampling + 2 * padding)
    }

    /// The source index of the pixel at `position` of the upsampled and reflected side.
    private static func origin(_ position: Int, size: Int, _ upsampling: Int) -> Int {
        let large = size * upsampling
        let inside = position < 0 ? -position : position >= large ? 2 * (large - 1) - position : position
        return inside / upsampling
    }

    func rows(_ range: Range<Int>) -> Tensor {
        let first = range.lowerBound * geometry.y.stride - padding
        let count = (range.count - 1) * geometry.y.stride + geometry.y.kernel
        let lines = (first..<first + count).map { Self.origin($0, size: source.height, upsampling) }
        let (top, bottom) = (lines.min()!, lines.max()!)
        return convolution(gathered(source.rows(top..<bottom + 1), rows: lines.map { $0 - top }, columns: columns))
    }
}

/// Instance normalization with known moments, and the activation after it.
struct NormalizedRowStream: RowStream {
    private let source: BufferedRows
    private let mean, variance, weight, bias: Tensor
    private let epsilon: Float
    private let activation: Activation

    init(_ source: BufferedRows, _ moments: ChannelMoments, _ layer: InstanceNorm2d, _ activation: Activation) {
        self.source = source
        (mean, variance) = (moments.mean, moments.variance)
        (weight, bias, epsilon) = (layer.weight!.value, layer.bias!.value, layer.epsilon)
        self.activation = activation
    }

    var channels: Int { source.channels }
    var height: Int { source.height }
    var width: Int { source.width }

    func rows(_ range: Range<Int>) -> Tensor {
        activation(
            batchNorm(
                source.rows(range), mean: mean, variance: variance, weight: weight, bias: bias, epsilon: epsilon))
    }
}

/// The elementwise sum of two streams.
struct SumRowStream: RowStream {
    private let a, b: any RowStream

    init(_ a: any RowStream, _ b: any RowStream) {
        precondition(
            (a.channels, a.height, a.width) == (b.channels, b.height, b.width),
            "the sum of feature maps [\(a.channels), \(a.height), \(a.width)] and [\(b.channels), \(b.height), \(b.width)]"
        )
        (self.a, self.b) = (a, b)
    }

    var channels: Int { a.channels }
    var height: Int { a.height }
    var width: Int { a.width }

    func rows(_ range: Range<Int>) -> Tensor { a.rows(range) + b.rows(range) }
}
