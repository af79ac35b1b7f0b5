import CVCore
import CVNN
import CVTensor

/// Landmarks by heat maps: an encoder, a decoder to a quarter of the size, and a map for each point.
///
/// x: [N, channels, H, W] -> [N, K, H / 4, W / 4], of any size. Where a map is highest is its point: trained on Gaussians around
/// the points, as by Tompson et al. 2014 (arXiv:1406.2984), or on the position that `softArgmax` gives.
///
/// Keys: `encoder.` and the classifier's; `decoder.i.conv1`, `bn1`, `conv2`, `bn2` with i = 0 for 1/16; `out`.
struct LandmarkHeatmap<Encoder: SegmentationEncoder>: LandmarkNetwork {
    let encoder: Encoder
    let decoder: [DecoderBlock]
    let out: Conv2d

    var head: LandmarkHead { .heatmap }

    /// Channels of the decoder at 1/16, 1/8 and 1/4 of the size.
    private static var widths: [Int] { [96, 64, 48] }

    /// - Parameters:
    ///   - points: K.
    ///   - input: the size of one image; only its channels matter.
    ///   - p: the scope of the parameters.
    init(points: Int, input: ModelSpec.Input, _ p: ParameterScope) {
        encoder = Encoder(channels: input.channels, p.scope("encoder"))
        let skips = Encoder.widths[1...3].reversed()
        let below = [Encoder.widths[4]] + Self.widths
        decoder = zip(zip(below, skips), Self.widths).enumerated().map { index, widths in
            DecoderBlock(widths.0.0, skip: widths.0.1, widths.1, p.scope("decoder").scope("\(index)"))
        }
        out = Conv2d(Self.widths[2], points, kernel: 1, p.scope("out"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let maps = encoder.maps(x)
        var y = maps[4]  // [320, H / 32, W / 32]
        for (block, skip) in zip(decoder, maps[1...3].reversed()) { y = block(y, joining: skip) }
        return out(y)  // [K, H / 4, W / 4]
    }
}

/// What heat maps are multiplied by before the softmax of `softArgmax`, where nothing else is said.
public let softArgmaxSharpness: Float = 10

/// The mean position of each map, weighted by its softmax: an argmax with a gradient, and between the cells (integral
/// regression, Sun et al. 2018, arXiv:1711.08229).
///
/// - Parameters:
///   - maps: [N, K, h, w].
///   - sharpness: what the maps are multiplied by before the softmax; the larger, the nearer to the position of the maximum.
/// - Returns: [N, K, 2]: x and y as fractions of the width and height, the center of the first cell being at 0.5 / w.
public func softArgmax(_ maps: Tensor, sharpness: Float = softArgmaxSharpness) -> Tensor {
    precondition(maps.shape.rank == 4, "softArgmax: [N, K, h, w] expected, found \(maps.shape)")
    let (batch, points, height, width) = (maps.shape[0], maps.shape[1], maps.shape[2], maps.shape[3])
    let weights = softmax(maps.reshaped([batch * points, height * width]) * sharpness)
    var cells: [Float] = []
    for row in 0..<height {
        for column in 0..<width { cells += [(Float(column) + 0.5) / Float(width), (Float(row) + 0.5) / Float(height)] }
    }
    return matmul(weights, Tensor(cells, shape: [height * width, 2])).reshaped([batch, points, 2])
}

/// Maps with a Gaussian around each point, of height 1: what a network for heat maps is trained on.
///
/// - Parameters:
///   - positions: N · K pairs of x and y as fractions of the width and height; NaN for a point without a map.
///   - shape: [N, K, h, w].
///   - deviation: the standard deviation of the Gaussian in cells.
/// - Returns: a tensor of the shape; 0 where there is no point.
public func gaussianMaps(_ positions: [(x: Float, y: Float)], shape: Shape, deviation: Float) -> Tensor {
    precondition(
        shape.rank == 4 && positions.count == shape[0] * shape[1],
        "gaussianMaps: \(positions.count) positions for maps of \(shape)")
    precondition(deviation > 0, "gaussianMaps: a deviation of \(deviation), above 0 expected")
    let (height, width) = (shape[2], shape[3])
    let factor = -1 / (2 * deviation * deviation)
    return Tensor(shape: shape) { values in
        values.initialize(repeating: 0)
        for (index, position) in positions.enumerated() where position.x.isFinite && position.y.isFinite {
            let map = values.baseAddress! + index * height * width
            let (x, y) = (position.x * Float(width) - 0.5, position.y * Float(height) - 0.5)
            // Separable: two exponentials for a row and a column, not one for each cell.
            func weight(_ distance: Float) -> Float { exp(factor * distance * distance) }
            let columns = (0..<width).map { weight(Float($0) - x) }
            for row in 0..<height {
                let weight = weight(Float(row) - y)
                for column in 0..<width { map[row * width + column] = weight * columns[column] }
            }
        }
    }
}
