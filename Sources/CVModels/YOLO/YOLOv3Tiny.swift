import CVNN
import CVTensor

/// YOLOv3-tiny (Redmon & Farhadi 2018, arXiv:1804.02767): thirteen convolutions, two heads, 8.9 million parameters.
///
/// The comments give the shapes for an input of 416 × 416.
public struct YOLOv3Tiny: YOLONetwork {
    /// Number of classes.
    public let classCount: Int
    /// The sides of an input are multiples of 32.
    public let stride = 32

    let conv1, conv2, conv3, conv4, conv5, conv6, conv7, conv8, conv9, conv10, conv11: ConvNorm
    let head1, head2: Conv2d
    /// [3, 2]: widths and heights in pixels; nil for weights that do not bring any, as darknet's.
    private let anchors: (coarse: Parameter, fine: Parameter)?

    /// Sizes in pixels, from the clusters of COCO's boxes; the coarse grid has the larger ones.
    private static let coarse: [Float] = [81, 82, 135, 169, 344, 319]
    /// The `.cfg` that is distributed with these weights has 10,14 23,27 37,58 here, for which they were not trained:
    /// boxes would have half their size.
    private static let fine: [Float] = [23, 27, 37, 58, 81, 82]

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - classes: number of classes.
    ///   - p: the scope of the parameters.
    public init(classes: Int = 80, _ p: ParameterScope) {
        classCount = classes
        conv1 = .darknet(3, 16, kernel: 3, p.scope("conv1"))
        conv2 = .darknet(16, 32, kernel: 3, p.scope("conv2"))
        conv3 = .darknet(32, 64, kernel: 3, p.scope("conv3"))
        conv4 = .darknet(64, 128, kernel: 3, p.scope("conv4"))
        conv5 = .darknet(128, 256, kernel: 3, p.scope("conv5"))
        conv6 = .darknet(256, 512, kernel: 3, p.scope("conv6"))
        conv7 = .darknet(512, 1024, kernel: 3, p.scope("conv7"))
        conv8 = .darknet(1024, 256, kernel: 1, p.scope("conv8"))
        conv9 = .darknet(256, 512, kernel: 3, p.scope("conv9"))
        head1 = Conv2d(512, 3 * (5 + classes), kernel: 1, p.scope("head1"))
        conv10 = .darknet(256, 128, kernel: 1, p.scope("conv10"))
        conv11 = .darknet(384, 256, kernel: 3, p.scope("conv11"))
        head2 = Conv2d(256, 3 * (5 + classes), kernel: 1, p.scope("head2"))
        let sizes = p.scope(Self.anchorScope)
        anchors =
            sizes.isOffered
            ? (
                sizes.buffer("coarse", shape: [3, 2], initialized: .values(Self.coarse)),
                sizes.buffer("fine", shape: [3, 2], initialized: .values(Self.fine))
            ) : nil
    }

    /// What the keys of anchors begin with, without the dot. Weights may do without them: then they are those for COCO.
    package static let anchorScope = "anchors"

    /// The sizes that boxes are relative to, in pixels of the input: three of the coarse grid, then three of the fine one.
    package var boxSizes: [YOLOGrid.Anchor] {
        Self.sizes(anchors?.coarse, Self.coarse) + Self.sizes(anchors?.fine, Self.fine)
    }

    /// Replaces the anchors, before training.
    ///
    /// - Parameter sizes: six, the three smallest first; the coarse grid has the larger ones.
    /// - Precondition: the network was not built from weights without anchors.
    package func setAnchors(_ sizes: [YOLOGrid.Anchor]) {
        precondition(sizes.count == 6, "\(sizes.count) anchors, 6 expected")
        guard let anchors else { preconditionFailure("yolov3-tiny without anchors of its own") }
        func tensor(_ sizes: ArraySlice<YOLOGrid.Anchor>) -> Tensor {
            Tensor(sizes.flatMap { [$0.width, $0.height] }, shape: [3, 2])
        }
        anchors.fine.value = tensor(sizes[..<3])
        anchors.coarse.value = tensor(sizes[3...])
    }

    private static func sizes(_ given: Parameter?, _ usual: [Float]) -> [YOLOGrid.Anchor] {
        var values = usual
        if let given, !given.value.isShapeOnly { values = given.value.values }
        return (0..<values.count / 2).map { YOLOGrid.Anchor(values[2 * $0], values[2 * $0 + 1]) }
    }

    /// Checks that the sides are multiples of `stride` and the layers fit in memory.
    ///
    /// - Parameters:
    ///   - width: columns of the input.
    ///   - height: rows of the input.
    /// - Throws: `DarknetError` if not, or if weights bring anchors that are no sizes.
    public func checkInput(width: Int, height: Int) throws(DarknetError) {
        for size in boxSizes
        where !(size.width > 0 && size.height > 0 && size.width * size.height <= Self.largestAnchor) {
            throw DarknetError(
                "yolov3-tiny",
                .invalid("an anchor of \(size.width)×\(size.height): sizes in pixels, above 0, are expected"))
        }
        try check("yolov3-tiny", width: width, height: height, firstChannels: 16, finestStride: 16)
    }

    /// The raw outputs of the two heads.
    ///
    /// - Parameter x: [N, 3, H, W], RGB, sides that are multiples of `stride`.
    /// - Returns: the grids, the coarsest first.
    public func callAsFunction(_ x: Tensor) -> [YOLOGrid] {
        var y = halved(conv1(x))  // [16, 208, 208]
        y = halved(conv2(y))  // [32, 104, 104]
        y = halved(conv3(y))  // [64, 52, 52]
        y = halved(conv4(y))  // [128, 26, 26]
        let middle = conv5(y)  // [256, 26, 26]
        y = conv6(halved(middle))  // [512, 13, 13]
        y = conv7(maxPool2d(y, Self.keepSize))  // [1024, 13, 13]
        let deep = conv8(y)  // [256, 13, 13]
        let coarse = head1(conv9(deep))  // [255, 13, 13]

        let up = upsampleNearest(conv10(deep), factor: 2)  // [128, 26, 26]
        let fine = head2(conv11(concatenate([up, middle])))  // [255, 26, 26]
        let sizes = boxSizes
        return [
            YOLOGrid(values: coarse, anchors: Array(sizes[..<3])),
            YOLOGrid(values: fine, anchors: Array(sizes[3...])),
        ]
    }

    private func halved(_ x: Tensor) -> Tensor { maxPool2d(x, ConvGeometry(kernel: 2, stride: 2)) }

    /// In square pixels: what any network's input is far below.
    private static let largestAnchor: Float = 1e9

    /// Stride 1, padded to the right and below only.
    private static let keepSize: ConvGeometry = {
        let axis = ConvGeometry.Axis(kernel: 2, stride: 1, padding: (0, 1))
        return ConvGeometry(y: axis, x: axis)
    }()
}
