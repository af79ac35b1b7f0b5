import CVTensor

/// A single-shot detector whose boxes have keypoints, such as the eyes of a face.
public protocol KeypointDetectorNetwork: Sendable {
    /// What the keypoints of a box are, in their order.
    var keypointNames: [String] { get }
    /// The sides of the input are multiples of it.
    var stride: Int { get }

    /// The raw outputs of the detection heads.
    ///
    /// - Parameter x: [N, 3, H, W] with sides that are multiples of `stride`.
    /// - Returns: one grid per head, the finest first.
    func callAsFunction(_ x: Tensor) -> [KeypointGrid]
}

/// The raw output of one head of a detector with keypoints, before decoding.
public struct KeypointGrid: Sendable {
    /// How the values of a box are encoded. Cells are `stride` pixels wide.
    public enum Coding: Sendable, Equatable {
        /// YuNet: offsets in cells from the upper left corner of the cell; the size is e^v cells.
        case exponential
        /// BlazeFace: offsets in pixels from the center of the cell; the size is in pixels.
        case pixels
    }

    /// Logits, each [N, anchors, H, W]: the score of a box is the geometric mean of their sigmoids.
    public let scores: [Tensor]
    /// [N, anchors · (4 + 2 · keypoints), H, W]; for each anchor x and y of the center, width, height, then x and y of each
    /// keypoint.
    public let values: Tensor
    /// Boxes that each cell proposes.
    public let anchors: Int
    /// Pixels of the input from one cell to the next.
    public let stride: Int
    /// How the values are encoded.
    public let coding: Coding

    /// A grid of raw outputs.
    ///
    /// - Parameters:
    ///   - scores: logits, each [N, anchors, H, W].
    ///   - values: [N, anchors · (4 + 2 · keypoints), H, W].
    ///   - anchors: boxes that each cell proposes.
    ///   - stride: pixels of the input from one cell to the next.
    ///   - coding: how the values are encoded.
    public init(scores: [Tensor], values: Tensor, anchors: Int = 1, stride: Int, coding: Coding) {
        precondition(
            !scores.isEmpty && values.shape[1] % anchors == 0, "\(scores.count) scores, values of \(values.shape)")
        (self.scores, self.values, self.anchors) = (scores, values, anchors)
        (self.stride, self.coding) = (stride, coding)
    }

    /// The keypoints of each box.
    public var keypointCount: Int { (values.shape[1] / anchors - 4) / 2 }
}
