import CVNN
import CVTensor

/// YOLOv3 (Redmon & Farhadi 2018, arXiv:1804.02767): Darknet-53 and three scales, 75 convolutions, 61.9 million
/// parameters.
///
/// The comments give the shapes for an input of 416 × 416 and 80 classes. Keys: `darknet.conv1`, `darknet.layer1.conv`,
/// …; `scale1.conv1` … `scale1.conv6` and `scale1.head`; `up1`, from the first scale to the second; `scale2.conv1`, …,
/// `scale3.head`. They are declared in the order of darknet's `yolov3.cfg`, which is that of its `.weights`.
public struct YOLOv3: YOLONetwork {
    /// Number of classes.
    public let classCount: Int
    /// The sides of an input are multiples of 32.
    public let stride = 32

    let darknet: Darknet53
    let scale1, scale2, scale3: YOLOScale
    let up1, up2: ConvNorm
    private let width: Int

    /// Sizes in pixels, from the clusters of COCO's boxes.
    private static let coarse = [(116, 90), (156, 198), (373, 326)].map { YOLOGrid.Anchor($0, $1) }
    private static let middle = [(30, 61), (62, 45), (59, 119)].map { YOLOGrid.Anchor($0, $1) }
    private static let fine = [(10, 13), (16, 30), (33, 23)].map { YOLOGrid.Anchor($0, $1) }

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - classes: number of classes.
    ///   - width: channels of the first convolution, to which all others are proportional: even, 32 in the paper.
    ///   - p: the scope of the parameters.
    public init(classes: Int = 80, width: Int = 32, _ p: ParameterScope) {
        precondition(width > 0 && width % 2 == 0, "YOLOv3: a width of \(width), an even number is expected")
        classCount = classes
        self.width = width
        darknet = Darknet53(width: width, p.scope("darknet"))
        scale1 = YOLOScale(32 * width, 16 * width, classes: classes, p.scope("scale1"))
        up1 = .darknet(16 * width, 8 * width, kernel: 1, p.scope("up1"))
        scale2 = YOLOScale((16 + 8) * width, 8 * width, classes: classes, p.scope("scale2"))
        up2 = .darknet(8 * width, 4 * width, kernel: 1, p.scope("up2"))
        scale3 = YOLOScale((8 + 4) * width, 4 * width, classes: classes, p.scope("scale3"))
    }

    /// Checks that the sides are multiples of `stride` and the layers fit in memory.
    ///
    /// - Parameters:
    ///   - width: columns of the input.
    ///   - height: rows of the input.
    /// - Throws: `DarknetError` if not.
    public func checkInput(width: Int, height: Int) throws(DarknetError) {
        // The first halving has twice the channels on a quarter of the pixels.
        try check("yolov3", width: width, height: height, firstChannels: self.width, finestStride: 8)
    }

    /// The raw outputs of the three heads.
    ///
    /// - Parameter x: [N, 3, H, W], RGB, sides that are multiples of `stride`.
    /// - Returns: the grids, the coarsest first.
    public func callAsFunction(_ x: Tensor) -> [YOLOGrid] {
        let maps = darknet(x)  // [256, 52, 52], [512, 26, 26], [1024, 13, 13]
        let (coarse, deep) = scale1(maps.coarse)  // [255, 13, 13], [512, 13, 13]
        let (middle, finer) = scale2(joined(up1(deep), maps.middle))  // [255, 26, 26], [256, 26, 26]
        let (fine, _) = scale3(joined(up2(finer), maps.fine))  // [255, 52, 52]
        return [
            YOLOGrid(values: coarse, anchors: Self.coarse),
            YOLOGrid(values: middle, anchors: Self.middle),
            YOLOGrid(values: fine, anchors: Self.fine),
        ]
    }

    /// The upsampled feature maps of a coarser scale, concatenated with those of Darknet-53.
    private func joined(_ x: Tensor, _ maps: Tensor) -> Tensor { concatenate([upsampleNearest(x, factor: 2), maps]) }
}

/// The layers of one scale: alternating 1×1 and 3×3 convolutions, then the head.
///
/// x: [N, cin, H, W] -> the grid [N, 3 · (5 + classes), H, W], and the input of the next scale, [N, width, H, W].
struct YOLOScale: Sendable {
    let conv1, conv2, conv3, conv4, conv5, conv6: ConvNorm
    let head: Conv2d

    init(_ cin: Int, _ width: Int, classes: Int, _ p: ParameterScope) {
        func narrow(_ cin: Int, _ key: String) -> ConvNorm { .darknet(cin, width, kernel: 1, p.scope(key)) }
        func wide(_ key: String) -> ConvNorm { .darknet(width, 2 * width, kernel: 3, p.scope(key)) }
        conv1 = narrow(cin, "conv1")
        conv2 = wide("conv2")
        conv3 = narrow(2 * width, "conv3")
        conv4 = wide("conv4")
        conv5 = narrow(2 * width, "conv5")
        conv6 = wide("conv6")
        head = Conv2d(2 * width, 3 * (5 + classes), kernel: 1, p.scope("head"))
    }

    func callAsFunction(_ x: Tensor) -> (grid: Tensor, features: Tensor) {
        let y = conv5(conv4(conv3(conv2(conv1(x)))))
        return (head(conv6(y)), y)
    }
}
