import CVTensor

/// A single-shot detector without objectness (Liu et al. 2016, arXiv:1512.02325): several feature maps, whose cells propose boxes of
/// fixed shapes, each with a score for every class.
public protocol SSDNetwork: Sendable {
    /// Number of classes.
    var classCount: Int { get }

    /// The raw outputs of the detection heads.
    ///
    /// - Parameter x: [N, 3, H, W].
    /// - Returns: one grid per head, the finest first.
    func callAsFunction(_ x: Tensor) -> [SSDGrid]
}

/// The raw output of one head of an SSD, before decoding.
public struct SSDGrid: Sendable {
    /// Logits, [N, anchors · classes, H, W]: for each anchor the classes. The score of a class is its sigmoid.
    public let scores: Tensor
    /// [N, anchors · 4, H, W]: for each anchor x, y, width and height. The center is moved by `values · size / 10` of the anchor, its
    /// size multiplied by e^(value / 5): the box coder of SSD, with variances of 0.1 and 0.2.
    public let values: Tensor
    /// Shapes of the boxes that each cell proposes around its center, in pixels of the input.
    public let anchors: [YOLOGrid.Anchor]
    /// The size of the input in pixels, over which the cells are spread evenly.
    public let inputWidth, inputHeight: Int

    /// A grid of raw outputs.
    ///
    /// - Parameters:
    ///   - scores: logits, [N, anchors · classes, H, W].
    ///   - values: [N, anchors · 4, H, W].
    ///   - anchors: shapes of the boxes of a cell, in pixels of the input.
    ///   - inputWidth: the width of the input in pixels.
    ///   - inputHeight: the height of the input in pixels.
    public init(scores: Tensor, values: Tensor, anchors: [YOLOGrid.Anchor], inputWidth: Int, inputHeight: Int) {
        precondition(
            values.shape[1] == 4 * anchors.count && scores.shape[1] % anchors.count == 0
                && scores.shape.dimensions.dropFirst(2) == values.shape.dimensions.dropFirst(2),
            "\(anchors.count) anchors with scores \(scores.shape) and boxes \(values.shape)")
        (self.scores, self.values, self.anchors) = (scores, values, anchors)
        (self.inputWidth, self.inputHeight) = (inputWidth, inputHeight)
    }

    /// Number of classes.
    public var classCount: Int { scores.shape[1] / anchors.count }
}
