import CVNN
import CVTensor

/// YuNet (Wu, Peng & Yu 2023, "YuNet: A Tiny Millisecond-level Face Detector"): boxes of faces with five points each, in
/// 53,104 parameters.
///
/// x: [N, 3, H, W], BGR from 0 to 255, sides that are multiples of 32 -> grids of strides 8, 16 and 32.
///
/// Depthwise separable convolutions whose 1×1 convolution comes first, a feature pyramid that adds, and heads without
/// anchors: a class score, an objectness, a box and five points for each cell. The batch-norms of training are folded into
/// the convolutions, as in the published files. Keys are those of libfacedetection.train: `backbone.model0.conv1`,
/// `backbone.model1.conv1.conv1`, …, `neck.lateral_convs.0.conv1`, …, `bbox_head.multi_level_cls.0.conv1`, ….
public struct YuNet: KeypointDetectorNetwork {
    /// Right and left are the person's.
    public let keypointNames = ["right eye", "left eye", "nose", "right mouth corner", "left mouth corner"]
    /// The sides of an input are multiples of 32.
    public let stride = 32

    let stem: Conv2d
    let stages: [[PointwiseDepthwise]]
    let lateral: [PointwiseDepthwise]
    let heads: [Head]

    /// Channels of the input, in the middle and of the result of the stages after the first.
    private static let settings = [(16, 16, 32), (32, 32, 64), (64, 64, 64), (64, 64, 64), (64, 64, 64)]

    /// Declares the layers and their parameters.
    ///
    /// - Parameter p: the scope of the parameters.
    public init(_ p: ParameterScope) {
        let (backbone, neck) = (p.scope("backbone"), p.scope("neck").scope("lateral_convs"))
        let first = backbone.scope("model0")
        stem = Conv2d(
            3, 16, kernel: 3, stride: 2, padding: 1, initialized: .heNormal(fan: .output), first.scope("conv1"))
        stages =
            [[PointwiseDepthwise(16, 16, .relu, first.scope("conv2"))]]
            + Self.settings.enumerated().map { index, channels in
                let scope = backbone.scope("model\(index + 1)")
                return [
                    PointwiseDepthwise(channels.0, channels.1, .relu, scope.scope("conv1")),
                    PointwiseDepthwise(channels.1, channels.2, .relu, scope.scope("conv2")),
                ]
            }
        lateral = (0..<3).map { PointwiseDepthwise(64, 64, .relu, neck.scope("\($0)")) }
        heads = (0..<3).map { Head(level: $0, p.scope("bbox_head")) }
    }

    /// The raw outputs of the three heads.
    ///
    /// - Parameter x: [N, 3, H, W], BGR from 0 to 255, sides that are multiples of 32.
    /// - Returns: the grids of strides 8, 16 and 32.
    public func callAsFunction(_ x: Tensor) -> [KeypointGrid] {
        precondition(
            x.shape.rank == 4 && x.shape[1] == 3 && x.shape[2] % stride == 0 && x.shape[3] % stride == 0,
            "YuNet: an input of \(x.shape), expected [N, 3, H, W] with sides that are multiples of \(stride)")
        var y = halved(stage(0, Activation.relu(stem(x))))  // [16, H / 4, W / 4]
        y = halved(stage(2, stage(1, y)))  // [64, H / 8, W / 8]
        let fine = stage(3, y)  // [64, H / 8, W / 8]
        let middle = stage(4, halved(fine))  // [64, H / 16, W / 16]
        let coarse = stage(5, halved(middle))  // [64, H / 32, W / 32]

        let third = lateral[2](coarse)
        let second = lateral[1](middle + upsampleNearest(third, factor: 2))
        let first = lateral[0](fine + upsampleNearest(second, factor: 2))
        return zip(heads, [first, second, third]).map { $0($1) }
    }

    private func stage(_ index: Int, _ x: Tensor) -> Tensor { stages[index].reduce(x) { $1($0) } }

    private func halved(_ x: Tensor) -> Tensor { maxPool2d(x, ConvGeometry(kernel: 2, stride: 2)) }

    /// Class, objectness, box and points of the cells of one level.
    struct Head: Sendable {
        let cls, obj, bbox, kps: PointwiseDepthwise
        let stride: Int

        init(level: Int, _ p: ParameterScope) {
            func head(_ name: String, _ channels: Int) -> PointwiseDepthwise {
                PointwiseDepthwise(64, channels, .linear, p.scope("multi_level_" + name).scope("\(level)"))
            }
            (cls, obj, bbox, kps) = (head("cls", 1), head("obj", 1), head("bbox", 4), head("kps", 10))
            stride = 8 << level
        }

        func callAsFunction(_ x: Tensor) -> KeypointGrid {
            KeypointGrid(
                scores: [cls(x), obj(x)], values: concatenate([bbox(x), kps(x)]), stride: stride,
                coding: .exponential)
        }
    }
}

/// A 1×1 convolution, and a depthwise one of 3×3: [N, cin, H, W] -> [N, cout, H, W].
struct PointwiseDepthwise: Layer {
    let conv1: Conv2d
    let conv2: ConvNorm

    init(_ cin: Int, _ cout: Int, _ activation: Activation, _ p: ParameterScope) {
        conv1 = Conv2d(cin, cout, kernel: 1, initialized: .heNormal(fan: .output), p.scope("conv1"))
        conv2 = ConvNorm(
            Conv2d(
                cout, cout, kernel: 3, padding: 1, groups: cout, initialized: .heNormal(fan: .output),
                p.scope("conv2")), nil, activation)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv2(conv1(x)) }
}
