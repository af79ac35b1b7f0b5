import CVNN
import CVTensor

/// A single-shot detector: from a batch of images to the raw grids of its heads (Redmon et al. 2016, arXiv:1506.02640).
public protocol YOLONetwork: Sendable {
    /// Number of classes.
    var classCount: Int { get }
    /// Pixels of the input for each cell of the coarsest grid: the input's sides are multiples of it.
    var stride: Int { get }

    /// Checks that the network accepts images of a size.
    ///
    /// - Parameters:
    ///   - width: columns of the input.
    ///   - height: rows of the input.
    /// - Throws: `DarknetError` if it does not.
    func checkInput(width: Int, height: Int) throws(DarknetError)

    /// The raw outputs of the detection heads.
    ///
    /// - Parameter x: [N, 3, H, W], RGB, of a size that `checkInput(width:height:)` accepts.
    /// - Returns: one grid per head.
    func callAsFunction(_ x: Tensor) -> [YOLOGrid]

    /// The first layer whose result is NaN or infinite, of a network whose layers have names that a tape does not know.
    ///
    /// - Parameter x: as `callAsFunction(_:)` takes it.
    /// - Returns: the layer and its result; nil if all are finite, or a tape knows the names.
    func firstNonFiniteLayer(_ x: Tensor) -> (name: String, result: Tensor)?
}

extension YOLONetwork {
    /// Nil: a tape knows the names of the layers.
    ///
    /// - Parameter x: the input.
    /// - Returns: nil.
    public func firstNonFiniteLayer(_ x: Tensor) -> (name: String, result: Tensor)? { nil }

    /// Checks that the sides match the grids, and that the largest layers stay below a gigabyte: the first convolution,
    /// and the finest grid if there are very many classes.
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
            let expected = "sides that are multiples of \(stride), and less memory, are expected"
            throw DarknetError(
                model, .invalid("an input of \(width)×\(height) with \(classCount) classes: \(expected)"))
        }
    }
}

/// The raw output of one detection head, before decoding.
public struct YOLOGrid: Sendable {
    /// [N, anchors · (5 + classes), H, W]; for each anchor box x, y, width, height, objectness, then the classes.
    public let values: Tensor
    /// Prior box sizes, in pixels of the input.
    public let anchors: [Anchor]
    /// Scale of the offset of a box center from its cell: 1 for YOLOv3, above for v4 (`scale_x_y`).
    public let scaleXY: Float
    /// How the values are encoded.
    public let coding: Coding

    /// How the values of a box are encoded.
    public enum Coding: Sendable, Equatable {
        /// YOLOv3 and v4: logits; the size is `anchor · e^t`.
        case logits
        /// `new_coords` of Scaled-YOLOv4 (arXiv:2011.08036): the network applies the sigmoid itself; the size is `anchor · (2t)²`.
        case activated
        /// YOLOX: centers in cells from the upper left corner of the cell, without a sigmoid; the size is `anchor · e^t`. Scores
        /// are logits, and only the best class of a box counts.
        case offset
    }

    /// Whether the values are already activated.
    public var isActivated: Bool { coding == .activated }

    /// A prior box size.
    public struct Anchor: Sendable, Equatable {
        /// In pixels of the input.
        public let width, height: Float

        /// A size in pixels of the input.
        ///
        /// - Parameters:
        ///   - width: in pixels.
        ///   - height: in pixels.
        public init(_ width: Float, _ height: Float) {
            self.width = width
            self.height = height
        }
    }

    /// A grid of raw outputs.
    ///
    /// - Parameters:
    ///   - values: [N, anchors · (5 + classes), H, W].
    ///   - anchors: prior box sizes.
    ///   - scaleXY: scale of the offset of a box center from its cell.
    ///   - isActivated: whether the values are already activated.
    public init(values: Tensor, anchors: [Anchor], scaleXY: Float = 1, isActivated: Bool = false) {
        self.values = values
        self.anchors = anchors
        self.scaleXY = scaleXY
        coding = isActivated ? .activated : .logits
    }

    /// A grid of raw outputs whose centers are not scaled.
    ///
    /// - Parameters:
    ///   - values: [N, anchors · (5 + classes), H, W].
    ///   - anchors: prior box sizes.
    ///   - coding: how the values are encoded.
    public init(values: Tensor, anchors: [Anchor], coding: Coding) {
        (self.values, self.anchors, self.coding, scaleXY) = (values, anchors, coding, 1)
    }

    /// Another output of the same head.
    ///
    /// - Parameters:
    ///   - grid: an output of the head.
    ///   - values: those of the other.
    package init(_ grid: YOLOGrid, values: Tensor) {
        (anchors, scaleXY, coding) = (grid.anchors, grid.scaleXY, grid.coding)
        self.values = values
    }
}
