import CVTensor

/// A detector that looks once: from a batch of pictures to the raw grids of its heads (Redmon et al. 2016,
/// arXiv:1506.02640).
public protocol YOLONetwork: Sendable {
    /// Number of classes that it tells apart.
    var classCount: Int { get }
    /// Pixels of the input for each cell of the coarsest grid: the input's sides are multiples of it.
    var stride: Int { get }

    /// Whether pictures of this size can go through.
    ///
    /// - Throws: `DarknetError` where they cannot.
    func checkInput(width: Int, height: Int) throws(DarknetError)

    /// x: [N, 3, H, W], RGB, of a size that `checkInput` accepts -> a grid for each head.
    func callAsFunction(_ x: Tensor) -> [YOLOGrid]
}

extension YOLONetwork {
    /// Whether an input has sides that fit the grids, and the layers that are the largest keep below a gigabyte: the first
    /// convolution, and the finest grid where there are very many classes.
    ///
    /// - Throws: `DarknetError` about `model`.
    func check(
        _ model: String, width: Int, height: Int, firstChannels: Int, finestStride: Int
    ) throws(DarknetError) {
        let sides = 1...DarknetLayerReader.maxSide
        guard sides.contains(width), sides.contains(height), width % stride == 0, height % stride == 0,
            firstChannels * width * height <= DarknetLayerReader.maxElements,
            3 * (5 + classCount) * (width / finestStride) * (height / finestStride) <= DarknetLayerReader.maxElements
        else {
            let wanted = "sides that are multiples of \(stride), and less memory, are expected"
            throw DarknetError(
                model, .invalid("an input of \(width)×\(height) with \(classCount) classes: \(wanted)"))
        }
    }
}

/// What one head of a detector says, before any meaning is read from it.
public struct YOLOGrid: Sendable {
    /// [N, anchors · (5 + classes), H, W]; for each anchor box x, y, width, height, objectness, then the classes.
    public let values: Tensor
    /// Usual sizes of objects, in pixels of the input.
    public let anchors: [Anchor]
    /// How far a box's centre may leave its cell: 1 for YOLOv3, above for v4 (`scale_x_y`).
    public let scaleXY: Float
    /// True if the values are already activated (`new_coords` of Scaled-YOLOv4).
    public let isActivated: Bool

    public struct Anchor: Sendable, Equatable {
        public let width, height: Float

        public init(_ width: Float, _ height: Float) {
            self.width = width
            self.height = height
        }
    }

    public init(values: Tensor, anchors: [Anchor], scaleXY: Float = 1, isActivated: Bool = false) {
        self.values = values
        self.anchors = anchors
        self.scaleXY = scaleXY
        self.isActivated = isActivated
    }
}
