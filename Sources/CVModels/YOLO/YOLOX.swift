import CVNN
import CVTensor

/// YOLOX (Ge et al. 2021, arXiv:2107.08430): a detector without anchors, whose head has branches of their own for classes and boxes.
///
/// The comments give the shapes for an input of 416 × 416 and `yolox-nano`. Keys are those of the official checkpoints:
/// `backbone.backbone.dark2.0.conv.weight`, …, `backbone.C3_p4.conv1.conv.weight`, …, `head.cls_preds.0.weight`.
public struct YOLOX: YOLONetwork {
    /// Number of classes.
    public let classCount: Int
    /// The sides of an input are multiples of 32.
    public let stride = 32
    /// How deep and wide it is.
    public let size: Size

    let backbone: YOLOXPyramid
    let heads: [YOLOXHead]

    /// Pixels of the input for each cell of the three grids, the finest first.
    public static let strides = [8, 16, 32]

    /// How deep and wide a network is.
    public struct Size: Sendable, Equatable {
        /// The end of the name: "nano", "tiny", "s", "m", "l" or "x".
        public let name: String
        /// Times three: the blocks of a stage.
        public let depth: Double
        /// Times 64: the channels of the first convolution, to which the others are proportional.
        public let width: Double
        /// Whether 3×3 convolutions are depthwise, with a 1×1 convolution after each.
        public let isDepthwise: Bool
        /// Height and width of the input that the official weights were evaluated with, in pixels.
        public let side: Int

        /// A size of your own.
        ///
        /// - Parameters:
        ///   - name: the end of the name.
        ///   - depth: times three, the blocks of a stage; 1 for YOLOX-L.
        ///   - width: times 64, the channels of the first convolution; 1 for YOLOX-L.
        ///   - isDepthwise: whether 3×3 convolutions are depthwise.
        ///   - side: of the usual input, in pixels.
        public init(_ name: String, depth: Double, width: Double, isDepthwise: Bool = false, side: Int = 640) {
            precondition(depth > 0 && width >= 1.0 / 64, "YOLOX: depth \(depth) and width \(width)")
            (self.name, self.depth, self.width) = (name, depth, width)
            (self.isDepthwise, self.side) = (isDepthwise, side)
        }

        /// The sizes of the paper, from the smallest to the largest.
        public static let all = [
            Size("nano", depth: 0.33, width: 0.25, isDepthwise: true, side: 416),
            Size("tiny", depth: 0.33, width: 0.375, side: 416), Size("s", depth: 0.33, width: 0.5),
            Size("m", depth: 0.67, width: 0.75), Size("l", depth: 1, width: 1), Size("x", depth: 1.33, width: 1.25),
        ]
        /// The smallest of the paper: 0.9 million parameters.
        public static let nano = all[0]

        /// Channels that have `count` at a width of 1.
        func channels(_ count: Int) -> Int { Int(clamping: (Double(count) * width).rounded(.down)) }

        /// Blocks of a stage that has `count` at a depth of 1. Halves are rounded to even, as in Python.
        func blocks(_ count: Int) -> Int { Int(clamping: (Double(count) * depth).rounded(.toNearestOrEven)) }

        /// Blocks in the backbone, whose shortest stages have at least one.
        var baseBlocks: Int { max(blocks(3), 1) }
    }

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - classes: number of classes.
    ///   - size: how deep and wide it is.
    ///   - p: the scope of the parameters.
    public init(classes: Int = 80, size: Size = .nano, _ p: ParameterScope) {
        (classCount, self.size) = (classes, size)
        backbone = YOLOXPyramid(size, p.scope("backbone"))
        heads = [256, 512, 1024].enumerated().map { level, channels in
            YOLOXHead(
                size.channels(channels), classes: classes, level: level, stride: Self.strides[level], size,
                p.scope("head"))
        }
    }

    /// Checks that the sides are multiples of `stride` and the layers fit in memory.
    ///
    /// - Parameters:
    ///   - width: columns of the input.
    ///   - height: rows of the input.
    /// - Throws: `DarknetError` if not.
    public func checkInput(width: Int, height: Int) throws(DarknetError) {
        // The first convolution has a quarter of the pixels.
        try check(
            "yolox-\(size.name)", width: width, height: height, firstChannels: max(size.channels(64) / 4, 3),
            finestStride: 8)
    }

    /// The raw outputs of the three heads.
    ///
    /// - Parameter x: [N, 3, H, W], BGR from 0 to 255, sides that are multiples of `stride`.
    /// - Returns: the grids of strides 8, 16 and 32, each of one box a cell: [N, 5 + classes, H / stride, W / stride].
    public func callAsFunction(_ x: Tensor) -> [YOLOGrid] {
        zip(heads, backbone(x)).map { head, features in
            let side = Float(head.stride)
            return YOLOGrid(values: head(features), anchors: [.init(side, side)], coding: .offset)
        }
    }
}

/// The head of one scale: class scores from one branch, boxes and objectness from the other.
///
/// x: [N, cin, H, W] -> [N, 5 + classes, H, W]: x, y, width, height, objectness, classes. Before training objects and classes
/// have a probability of 0.01, so that the many cells of the ground do not outweigh all else (arXiv:1708.02002, section 3.3).
struct YOLOXHead: Sendable {
    let stem: ConvNorm
    let classConvs, boxConvs: [YOLOXConv]
    let classes, boxes, objectness: Conv2d
    let stride: Int

    init(_ cin: Int, classes: Int, level: Int, stride: Int, _ size: YOLOX.Size, _ p: ParameterScope) {
        let width = size.channels(256)
        func scope(_ name: String) -> ParameterScope { p.scope(name).scope("\(level)") }
        func branch(_ name: String) -> [YOLOXConv] {
            (0..<2).map {
                YOLOXConv(width, width, isDepthwise: size.isDepthwise, scope(name).scope("\($0)"))
            }
        }
        self.stride = stride
        stem = .yolox(cin, width, scope("stems"))
        (classConvs, boxConvs) = (branch("cls_convs"), branch("reg_convs"))
        self.classes = Conv2d(width, classes, rareBias: true, scope("cls_preds"))
        boxes = Conv2d(width, 4, rareBias: false, scope("reg_preds"))
        objectness = Conv2d(width, 1, rareBias: true, scope("obj_preds"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = stem(x)  // [64, 52, 52]
        let box = boxConvs.reduce(y) { $1($0) }
        let cls = classes(classConvs.reduce(y) { $1($0) })
        return concatenate([boxes(box), objectness(box), cls])  // [85, 52, 52]
    }
}

extension Conv2d {
    /// A 1×1 convolution that predicts; with `rareBias`, things whose probability is 0.01 before training.
    fileprivate init(_ cin: Int, _ cout: Int, rareBias: Bool, _ p: ParameterScope) {
        let shape: Shape = [cout, cin, 1, 1]
        let logit = Float(-4.5951199)  // ln(0.01 / 0.99)
        self.init(
            weight: p.parameter("weight", shape: shape, initialized: .pyTorchWeight),
            bias: p.parameter("bias", shape: [cout], initialized: rareBias ? .constant(logit) : .pyTorchBias(of: shape))
        )
    }
}
