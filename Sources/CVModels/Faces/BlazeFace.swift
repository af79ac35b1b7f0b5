import CVNN
import CVTensor

/// BlazeFace for selfies (Bazarevsky et al. 2019, arXiv:1907.05047), MediaPipe's short range: boxes of faces and six points
/// each.
///
/// x: [N, 3, 128, 128], RGB from -1 to 1; other sides that are multiples of 16 work as well -> grids of strides 8 and 16,
/// whose cells propose 2 and 6 boxes.
///
/// Blocks of a depthwise 3×3 and a 1×1 convolution with a shortcut, whose channels grow by zeros. Batch-norms are folded, strides
/// of 2 pad as TensorFlow's SAME. Keys: `stem`, `blocks.0.depthwise`, `blocks.0.project`, …, `heads.0.score`,
/// `heads.0.values`, ….
public struct BlazeFace: KeypointDetectorNetwork {
    /// Right and left are the person's.
    public let keypointNames = Self.names
    /// The sides of an input are multiples of 16.
    public let stride = 16

    static let names = ["right eye", "left eye", "nose", "mouth", "right ear", "left ear"]

    let stem: ConvNorm
    let blocks: [BlazeBlock]
    let heads: [BlazeHead]

    /// Channels after each block; after the blocks at these positions the image is half as large.
    private static let channels = [24, 28, 32, 36, 42, 48, 56, 64, 72, 80, 88, 96, 96, 96, 96, 96]
    private static let halvings: Set<Int> = [2, 5, 11]

    /// Declares the layers and their parameters.
    ///
    /// - Parameter p: the scope of the parameters.
    public init(_ p: ParameterScope) {
        stem = ConvNorm(Conv2d(3, 24, kernel: 5, stride: 2, samePadding: true, p.scope("stem")), nil, .relu)
        let scope = p.scope("blocks")
        blocks = Self.channels.enumerated().map { index, cout in
            BlazeBlock(
                index == 0 ? 24 : Self.channels[index - 1], cout, stride: Self.halvings.contains(index) ? 2 : 1,
                .relu, scope.scope("\(index)"))
        }
        heads = [(88, 2, 8), (96, 6, 16)].enumerated().map { index, head in
            BlazeHead(head.0, anchors: head.1, stride: head.2, p.scope("heads").scope("\(index)"))
        }
    }

    /// The raw outputs of the two heads.
    ///
    /// - Parameter x: [N, 3, H, W], RGB from -1 to 1, sides that are multiples of 16.
    /// - Returns: the grids of strides 8 and 16.
    public func callAsFunction(_ x: Tensor) -> [KeypointGrid] {
        precondition(
            x.shape.rank == 4 && x.shape[1] == 3 && x.shape[2] % stride == 0 && x.shape[3] % stride == 0,
            "BlazeFace: an input of \(x.shape), expected [N, 3, H, W] with sides that are multiples of \(stride)")
        let fine = blocks[..<11].reduce(stem(x)) { $1($0) }  // [88, H / 8, W / 8]
        let coarse = blocks[11...].reduce(fine) { $1($0) }  // [96, H / 16, W / 16]
        return [heads[0](fine), heads[1](coarse)]
    }
}

/// BlazeFace for faces that are farther away, MediaPipe's full range: boxes of faces and six points each.
///
/// x: [N, 3, 192, 192], RGB from -1 to 1; other sides that are multiples of 32 work as well -> a grid of stride 4.
///
/// Double blocks, whose middle is narrow, down to a stride of 32, and a pyramid back to a stride of 4. Batch-norms are folded.
/// Keys: `stem`, `blocks.0.depthwise1`, `.reduce`, `.depthwise2`, `.expand`, …, `pyramid.0.top`, `pyramid.0.lateral`,
/// `pyramid.0.blocks.0.depthwise1`, …, `heads.0.score`, `heads.0.values`.
public struct BlazeFaceFullRange: KeypointDetectorNetwork {
    /// Right and left are the person's.
    public let keypointNames = BlazeFace.names
    /// The sides of an input are multiples of 32.
    public let stride = 32

    let stem: ConvNorm
    let blocks: [DoubleBlazeBlock]
    let pyramid: [Level]
    let heads: [BlazeHead]

    /// Channels in the middle and after each block, and its stride.
    private static let settings = [
        (8, 32, 1), (8, 32, 1), (12, 48, 2), (12, 48, 1), (16, 64, 1), (24, 96, 2), (32, 128, 1), (32, 128, 1),
        (36, 144, 2), (48, 192, 1), (64, 256, 1), (96, 384, 2), (96, 384, 1), (96, 384, 1), (96, 384, 1),
    ]

    /// Declares the layers and their parameters.
    ///
    /// - Parameter p: the scope of the parameters.
    public init(_ p: ParameterScope) {
        stem = ConvNorm(Conv2d(3, 32, kernel: 3, stride: 2, samePadding: true, p.scope("stem")), nil, .relu)
        let scope = p.scope("blocks")
        blocks = Self.settings.enumerated().map { index, block in
            DoubleBlazeBlock(
                index == 0 ? 32 : Self.settings[index - 1].1, middle: block.0, block.1, stride: block.2,
                scope.scope("\(index)"))
        }
        let levels = [(384, 256, 96, 48, 2), (96, 128, 64, 32, 2), (64, 64, 48, 24, 1)]
        pyramid = levels.enumerated().map { index, level in
            Level(
                top: level.0, lateral: level.1, level.2, middle: level.3, count: level.4,
                p.scope("pyramid").scope("\(index)"))
        }
        heads = [BlazeHead(48, anchors: 1, stride: 4, p.scope("heads").scope("0"))]
    }

    /// The raw output of the head.
    ///
    /// - Parameter x: [N, 3, H, W], RGB from -1 to 1, sides that are multiples of 32.
    /// - Returns: the grid of stride 4.
    public func callAsFunction(_ x: Tensor) -> [KeypointGrid] {
        precondition(
            x.shape.rank == 4 && x.shape[1] == 3 && x.shape[2] % stride == 0 && x.shape[3] % stride == 0,
            "BlazeFaceFullRange: an input of \(x.shape), expected [N, 3, H, W] with sides that are multiples of \(stride)"
        )
        let fine = blocks[..<5].reduce(stem(x)) { $1($0) }  // [64, H / 4, W / 4]
        let second = blocks[5..<8].reduce(fine) { $1($0) }  // [128, H / 8, W / 8]
        let third = blocks[8..<11].reduce(second) { $1($0) }  // [256, H / 16, W / 16]
        var y = blocks[11...].reduce(third) { $1($0) }  // [384, H / 32, W / 32]
        for (level, lateral) in zip(pyramid, [third, second, fine]) { y = level(y, lateral: lateral) }
        return [heads[0](y)]
    }

    /// The coarser maps upsampled, plus those of the encoder. y: [N, top, H, W], lateral: [N, lateral, 2H, 2W] ->
    /// [N, cout, 2H, 2W].
    struct Level: Sendable {
        let top, lateral: ConvNorm
        let blocks: [DoubleBlazeBlock]

        init(top: Int, lateral: Int, _ cout: Int, middle: Int, count: Int, _ p: ParameterScope) {
            self.top = ConvNorm(Conv2d(top, cout, kernel: 1, p.scope("top")), nil, .relu)
            self.lateral = ConvNorm(Conv2d(lateral, cout, kernel: 1, p.scope("lateral")), nil, .relu)
            blocks = (0..<count).map {
                DoubleBlazeBlock(cout, middle: middle, cout, stride: 1, p.scope("blocks").scope("\($0)"))
            }
        }

        func callAsFunction(_ y: Tensor, lateral x: Tensor) -> Tensor {
            blocks.reduce(lateral(x) + upsampleBilinear(top(y), factor: 2)) { $1($0) }
        }
    }
}

/// What follows a shortcut: ReLU, or one with learned slopes.
enum BlazeActivation: Sendable {
    case relu
    case prelu

    func layer(_ channels: Int, _ p: ParameterScope) -> PReLU? { self == .relu ? nil : PReLU(channels, p) }
}

/// The shortcut of a block: a half of the size by max pooling where the stride is 2, and channels of zeros.
private func shortcut(_ x: Tensor, stride: Int, adding channels: Int) -> Tensor {
    let y = stride == 2 ? maxPool2d(x, ConvGeometry(kernel: 2, stride: 2)) : x
    return channels > 0 ? y.paddedChannels(before: 0, after: channels) : y
}

/// Depthwise 3×3, 1×1, the sum with the shortcut. [N, cin, H, W] -> [N, cout, H / stride, W / stride].
struct BlazeBlock: Layer {
    let depthwise, project: Conv2d
    let prelu: PReLU?
    let stride, added: Int

    init(_ cin: Int, _ cout: Int, stride: Int = 1, _ activation: BlazeActivation, _ p: ParameterScope) {
        depthwise = Conv2d(
            cin, cin, kernel: 3, stride: stride, groups: cin, samePadding: true, p.scope("depthwise"))
        project = Conv2d(cin, cout, kernel: 1, p.scope("project"))
        prelu = activation.layer(cout, p.scope("prelu"))
        (self.stride, added) = (stride, cout - cin)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = shortcut(x, stride: stride, adding: added) + project(depthwise(x))
        return prelu?(y) ?? Activation.relu(y)
    }
}

/// Two depthwise 3×3 with a narrow 1×1 between, and the sum with the shortcut. [N, cin, H, W] ->
/// [N, cout, H / stride, W / stride].
struct DoubleBlazeBlock: Layer {
    let depthwise1, depthwise2, expand: Conv2d
    let reduce: ConvNorm
    let stride, added: Int

    init(_ cin: Int, middle: Int, _ cout: Int, stride: Int, _ p: ParameterScope) {
        depthwise1 = Conv2d(
            cin, cin, kernel: 3, stride: stride, groups: cin, samePadding: true, p.scope("depthwise1"))
        reduce = ConvNorm(Conv2d(cin, middle, kernel: 1, p.scope("reduce")), nil, .relu)
        depthwise2 = Conv2d(middle, middle, kernel: 3, groups: middle, samePadding: true, p.scope("depthwise2"))
        expand = Conv2d(middle, cout, kernel: 1, p.scope("expand"))
        (self.stride, added) = (stride, cout - cin)
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = expand(depthwise2(reduce(depthwise1(x))))
        return Activation.relu(shortcut(x, stride: stride, adding: added) + y)
    }
}

/// A score, a box and six points for each anchor of a cell.
struct BlazeHead: Sendable {
    let score, values: Conv2d
    let anchors, stride: Int

    init(_ cin: Int, anchors: Int, stride: Int, _ p: ParameterScope) {
        score = Conv2d(cin, anchors, kernel: 1, p.scope("score"))
        values = Conv2d(cin, anchors * 16, kernel: 1, p.scope("values"))
        (self.anchors, self.stride) = (anchors, stride)
    }

    func callAsFunction(_ x: Tensor) -> KeypointGrid {
        KeypointGrid(scores: [score(x)], values: values(x), anchors: anchors, stride: stride, coding: .pixels)
    }
}
