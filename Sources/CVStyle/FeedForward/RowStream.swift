import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// Maps of one picture, of which some rows at a time are made when they are asked for.
protocol RowStream {
    var channels: Int { get }
    var height: Int { get }
    var width: Int { get }
    /// [1, channels, range.count, width].
    func rows(_ range: Range<Int>) -> Tensor
}

extension RowStream {
    /// All rows from the first on, so many at a time.
    func forEachStrip(_ count: Int, _ body: (Range<Int>, Tensor) -> Void) {
        for start in stride(from: 0, to: height, by: count) {
            let range = start..<min(start + count, height)
            body(range, rows(range))
        }
    }
}

/// A picture as the network wants it.
struct ImageRowStream: RowStream {
    private let image: Image
    private let levels: LevelTable

    /// image: opaque.
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

/// Maps that are in memory.
struct BufferedRows: RowStream {
    private let maps: Tensor
    private let columns: [Int]

    /// Makes all rows of `source`, and shows each strip to `look`.
    init(_ source: some RowStream, strip: Int, look: (Tensor) -> Void) {
        let (width, plane) = (source.width, source.height * source.width)
        maps = Tensor(shape: [1, source.channels, source.height, width]) { values in
            source.forEachStrip(strip) { range, rows in
                look(rows)
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

    var channels: Int { maps.shape[1] }
    var height: Int { maps.shape[2] }
    var width: Int { maps.shape[3] }

    func rows(_ range: Range<Int>) -> Tensor { gathered(maps, rows: Array(range), columns: columns) }
}

/// What a convolution makes of maps, reflected at the borders of the whole.
struct ConvRowStream: RowStream {
    private let source: any RowStream
    private let convolution: FusedConv2d
    private let geometry: ConvGeometry
    private let upsampling, padding: Int
    /// Columns of the source that a row of the convolution's input has.
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

    /// Where the pixel at `position` of the enlarged and reflected side is taken from.
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

/// Maps normalised by the mean and variance of their channels, and the activation after that.
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

/// The sum of two.
struct SumRowStream: RowStream {
    private let a, b: any RowStream

    init(_ a: any RowStream, _ b: any RowStream) {
        precondition(
            (a.channels, a.height, a.width) == (b.channels, b.height, b.width),
            "the sum of maps [\(a.channels), \(a.height), \(a.width)] and [\(b.channels), \(b.height), \(b.width)]")
        (self.a, self.b) = (a, b)
    }

    var channels: Int { a.channels }
    var height: Int { a.height }
    var width: Int { a.width }

    func rows(_ range: Range<Int>) -> Tensor { a.rows(range) + b.rows(range) }
}
