import CVNN
import CVTensor

/// The small networks of the lessons, about 0.25 million weights.
///
/// x: [N, 3, 64, 64] -> [N, channels of the layout, rows, columns]: the vector y of each cell.
///
/// Each cell of the feature maps sees a window of 59 pixels around it, and says what is there by a 1×1 convolution, in terms of its
/// own position. Where one object is looked for, the vectors of all cells become one, as a mean that is weighted by a softmax. In a
/// grid each cell answers for itself.
///
/// Keys: `backbone.i.0`, `backbone.i.1`; `head.attention`, `head.vectors`, or `head`.
public struct ShapeNetwork: Layer {
    let backbone: [ConvNorm]
    let head: any Layer

    /// Channels and strides of the backbone's convolutions.
    private static let stages = [(24, 2), (24, 1), (48, 2), (48, 1), (96, 2), (96, 1), (96, 1)]
    /// Pixels of the input from one cell of the feature maps to the next.
    static let stride = 8

    /// - Parameters:
    ///   - lesson: decides on the output.
    ///   - side: of the input in pixels, a multiple of 8.
    ///   - p: the scope of the parameters.
    public init(_ lesson: ShapeLesson, side: Int = ShapeScene.side, _ p: ParameterScope) {
        precondition(
            side > 0 && side % Self.stride == 0, "an input of \(side) pixels, a multiple of \(Self.stride) expected")
        let widths = [3] + Self.stages.map(\.0)
        backbone = Self.stages.enumerated().map { index, stage in
            ConvNorm(
                widths[index], stage.0, kernel: 3, stride: stage.1, .relu, p.scope("backbone").scope("\(index)"))
        }
        switch lesson {
        case .box, .corners:
            head = WholeImageHead(lesson, widths[widths.count - 1], cells: side / Self.stride, p.scope("head"))
        case .grid, .anchors:
            head = Conv2d(widths[widths.count - 1], lesson.layout.channels, kernel: 1, p.scope("head"))
        }
    }

    /// The output for a batch.
    ///
    /// - Parameter x: [N, 3, side, side].
    /// - Returns: [N, channels of the layout, rows, columns].
    public func callAsFunction(_ x: Tensor) -> Tensor { head(backbone.reduce(x) { $1($0) }) }
}

/// One vector for the whole image: the mean of those of all cells, weighted by a softmax that is learned, too.
///
/// x: [N, cin, cells, cells] -> [N, outputs, 1, 1].
///
/// Each cell says what it sees in terms of its own position, which is added: so what is learned at one position holds for all. The
/// softmax says whom to listen to.
private struct WholeImageHead: Layer {
    let attention, vectors: Conv2d
    /// What the vectors of the cells are multiplied by, [1, outputs, 1, 1]: coordinates count in cells, and are in sides of the image
    /// afterwards.
    private let scales: Tensor
    /// What is then added, [1, outputs, cells, cells]: the center of the cell to positions, and a usual value to sizes.
    private let offsets: Tensor

    /// The root of an eighth to two thirds of the image, about in the middle.
    private static let usualSize: Float = 0.6
    /// What the logits of the softmax are multiplied by: so it soon listens to few cells.
    private static let sharpness: Float = 4

    init(_ lesson: ShapeLesson, _ cin: Int, cells: Int, _ p: ParameterScope) {
        let layout = lesson.layout
        attention = Conv2d(cin, 1, kernel: 1, p.scope("attention"))
        vectors = Conv2d(cin, layout.channels, kernel: 1, p.scope("vectors"))
        let coordinates = 1...layout.coordinates
        // x, y, x, y, …; but of a box the third and fourth are its size.
        let positions = 1...(lesson == .corners ? layout.coordinates : 2)
        let side = Float(cells)
        scales = Tensor(
            (0..<layout.channels).map { coordinates.contains($0) ? 1 / side : 1 }, shape: [1, layout.channels, 1, 1])
        offsets = Tensor(shape: [1, layout.channels, cells, cells]) { values in
            for index in values.indices {
                let (channel, cell) = index.quotientAndRemainder(dividingBy: cells * cells)
                let position = channel % 2 == 1 ? cell % cells : cell / cells
                let usual: Float = coordinates.contains(channel) ? Self.usualSize : 0
                values[index] = positions.contains(channel) ? (Float(position) + 0.5) / side : usual
            }
        }
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let (count, height, width) = (x.shape[0], x.shape[2], x.shape[3])
        let logits = attention(x).reshaped([count, height * width]) * Self.sharpness
        let weights = softmax(logits).reshaped([count, 1, height, width])
        let answers = vectors(x) * scales + offsets
        return globalAveragePool2d(answers * weights) * Float(height * width)
    }
}
