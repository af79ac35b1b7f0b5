import CVNN
import CVTensor

/// Proposes regions where an object may be, whatever it is: the region proposal network of Faster R-CNN (Ren et al. 2015,
/// arXiv:1506.01497, section 3.1). It slides over the features, and in each cell rates boxes of fixed shapes, the anchors.
public struct RegionProposer: Sendable {
    private let conv, scores, boxes: Conv2d

    init(channels: Int, _ p: ParameterScope) {
        let count = RegionAnchors.shapes.count
        let narrow = Initializer.normal(deviation: 0.01)
        conv = Conv2d(
            channels, channels, kernel: 3, padding: 1, initialized: narrow, p.scope("conv").scope("0").scope("0"))
        scores = Conv2d(channels, count, kernel: 1, initialized: narrow, p.scope("cls_logits"))
        boxes = Conv2d(channels, count * 4, kernel: 1, initialized: narrow, p.scope("bbox_pred"))
    }

    /// Rates the anchors of all cells.
    ///
    /// - Parameter features: [N, channels, H, W].
    /// - Returns: scores and boxes of the anchors.
    public func callAsFunction(_ features: Tensor) -> ProposalGrid {
        let y = Activation.relu(conv(features))
        return ProposalGrid(scores: scores(y), values: boxes(y))
    }
}

/// The raw output of a region proposer.
public struct ProposalGrid: Sendable {
    /// Logits, [N, anchors, H, W]: whether there is an object.
    public let scores: Tensor
    /// For each anchor a box relative to it, as `BoxCoder.proposals` decodes it: [N, anchors · 4, H, W].
    public let values: Tensor

    /// A raw output.
    ///
    /// - Parameters:
    ///   - scores: [N, anchors, H, W].
    ///   - values: [N, anchors · 4, H, W].
    public init(scores: Tensor, values: Tensor) {
        let count = RegionAnchors.shapes.count
        precondition(
            scores.shape[1] == count && values.shape[1] == 4 * count, "proposals \(scores.shape), \(values.shape)")
        (self.scores, self.values) = (scores, values)
    }

    /// Anchors with their raw numbers, in the order of torchvision: all of a cell, then those of the next.
    ///
    /// - Parameter image: of the batch.
    /// - Returns: the anchors, their logits, and their raw boxes.
    public func anchors(ofImage image: Int) -> [RatedAnchor] {
        let (count, rows, columns) = (scores.shape[1], scores.shape[2], scores.shape[3])
        let cells = rows * columns
        let boxes = RegionAnchors.boxes(rows: rows, columns: columns)
        return scores.withValues { scores in
            values.withValues { values in
                boxes.enumerated().map { position, box in
                    let (cell, anchor) = position.quotientAndRemainder(dividingBy: count)
                    let score = (image * count + anchor) * cells + cell
                    let first = (image * count + anchor) * 4 * cells + cell
                    return RatedAnchor(
                        box: box, logit: scores[score], scoreIndex: score,
                        raw: SIMD4(
                            values[first], values[first + cells], values[first + 2 * cells],
                            values[first + 3 * cells]), firstIndex: first, step: cells)
                }
            }
        }
    }
}

/// An anchor in a cell, and what a proposer says of it.
public struct RatedAnchor: Sendable {
    /// Left, top, right, bottom in pixels of the input.
    public let box: SIMD4<Float>
    /// Of an object in it.
    public let logit: Float
    /// Where the logit stands in `ProposalGrid.scores`.
    public let scoreIndex: Int
    /// The box of the object relative to the anchor.
    public let raw: SIMD4<Float>
    /// Where the first of its numbers stands in `ProposalGrid.values`, and how far it is from each to the next.
    public let firstIndex, step: Int
}

/// The shapes of the boxes in each cell: squares of 32 to 256 pixels, and boxes of the same areas that are twice as wide as high, or
/// twice as high as wide.
public enum RegionAnchors {
    /// Half the width and half the height of each, in pixels. Rounded, as in torchvision.
    public static let shapes: [SIMD2<Float>] = [0.5, 1, 2].flatMap { (ratio: Float) in
        [32, 64, 128, 256].map { (size: Float) in
            let root = ratio.squareRoot()
            return SIMD2((size / root / 2).rounded(.toNearestOrEven), (size * root / 2).rounded(.toNearestOrEven))
        }
    }

    /// The anchors of all cells, around their upper left corners.
    ///
    /// - Parameters:
    ///   - rows: of the features.
    ///   - columns: of the features.
    /// - Returns: left, top, right, bottom in pixels, all of a cell before those of the next.
    public static func boxes(rows: Int, columns: Int) -> [SIMD4<Float>] {
        let stride = Float(RegionNetwork.stride)
        return (0..<rows * columns).flatMap { cell in
            let corner = SIMD2(Float(cell % columns), Float(cell / columns)) * stride
            return shapes.map { SIMD4(lowHalf: corner - $0, highHalf: corner + $0) }
        }
    }
}
