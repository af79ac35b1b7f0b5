import CVTensor
import Foundation

/// How far a predicted box is from the true one, by what they share.
public enum OverlapLoss: String, Sendable, CaseIterable {
    /// 1 - IoU. Boxes that do not meet have no gradient (Yu et al. 2016, arXiv:1608.01471).
    case iou
    /// 1 - IoU², that of YOLOX (arXiv:2107.08430, in its code).
    case squaredIoU = "squared-iou"
    /// 1 - GIoU: the part of the smallest box around both that neither covers is subtracted, so that boxes that do not meet are
    /// drawn together (Rezatofighi et al. 2019, arXiv:1902.09630).
    case giou
    /// 1 - CIoU: the distance of the centers and the difference of the proportions are subtracted (Zheng et al. 2020,
    /// arXiv:1911.08287); the weight of the proportions has no gradient, as in torchvision.
    case ciou

    /// Against a division by 0.
    private static let epsilon = 1e-16

    /// The loss of one box, and its derivatives.
    ///
    /// - Parameters:
    ///   - box: predicted: left, top, right, bottom.
    ///   - truth: the true one.
    /// - Returns: the loss, from 0 to 2 (CIoU to a little above), its derivatives with respect to the edges of `box`, and the IoU.
    public func callAsFunction(
        _ box: SIMD4<Double>, _ truth: SIMD4<Double>
    ) -> (value: Double, gradient: SIMD4<Double>, iou: Double) {
        let overlap = Overlap(box, truth, Self.epsilon)
        let (iou, slope) = (overlap.iou, overlap.slope)
        switch self {
        case .iou: return (1 - iou, -slope, iou)
        case .squaredIoU: return (1 - iou * iou, -2 * iou * slope, iou)
        case .giou:
            let around = Surrounding(box, truth)
            let area = around.width * around.height + Self.epsilon
            let areaSlope = around.widthSlope * around.height + around.heightSlope * around.width
            let part = overlap.union / area
            return (2 - iou - part, -slope - (overlap.unionSlope - areaSlope * part) / area, iou)
        case .ciou:
            let (distance, distanceSlope) = Self.distance(box, truth)
            let (shape, shapeSlope) = Self.proportions(box, truth)
            let weight = shape > 0 ? shape / (1 - iou + shape) : 0
            return (1 - iou + distance + weight * shape, distanceSlope + weight * shapeSlope - slope, iou)
        }
    }

    /// The squared distance of the centers, in units of the squared diagonal of the box around both.
    private static func distance(_ a: SIMD4<Double>, _ b: SIMD4<Double>) -> (Double, SIMD4<Double>) {
        let around = Surrounding(a, b)
        let diagonal = around.width * around.width + around.height * around.height + epsilon
        let diagonalSlope = 2 * (around.width * around.widthSlope + around.height * around.heightSlope)
        let x = (a.x + a.z - b.x - b.z) / 2
        let y = (a.y + a.w - b.y - b.w) / 2
        let value = (x * x + y * y) / diagonal
        return (value, (SIMD4(x, y, x, y) - diagonalSlope * value) / diagonal)
    }

    /// 4/π² times the squared difference of the angles of the diagonals.
    private static func proportions(_ a: SIMD4<Double>, _ b: SIMD4<Double>) -> (Double, SIMD4<Double>) {
        let (width, height) = (a.z - a.x, a.w - a.y)
        let difference = atan2(b.z - b.x, b.w - b.y) - atan2(width, height)
        let factor = 4 / (Double.pi * Double.pi)
        let square = max(width * width + height * height, epsilon)
        let (byWidth, byHeight) = (height / square, -width / square)
        let slope = SIMD4(-byWidth, -byHeight, byWidth, byHeight) * (-2 * factor * difference)
        return (factor * difference * difference, slope)
    }
}

/// What two boxes share, with derivatives with respect to the edges of the first.
private struct Overlap {
    let iou, union: Double
    let slope, unionSlope: SIMD4<Double>

    init(_ a: SIMD4<Double>, _ b: SIMD4<Double>, _ epsilon: Double) {
        let width = min(a.z, b.z) - max(a.x, b.x)
        let height = min(a.w, b.w) - max(a.y, b.y)
        let meets = width > 0 && height > 0
        let shared = meets ? width * height : 0
        let sharedSlope =
            meets
            ? SIMD4(
                a.x > b.x ? -height : 0, a.y > b.y ? -width : 0, a.z < b.z ? height : 0, a.w < b.w ? width : 0)
            : .zero
        let (w, h) = (a.z - a.x, a.w - a.y)
        union = w * h + (b.z - b.x) * (b.w - b.y) - shared
        unionSlope = SIMD4(-h, -w, h, w) - sharedSlope
        iou = shared / (union + epsilon)
        slope = (sharedSlope - unionSlope * iou) / (union + epsilon)
    }
}

/// The smallest box around two, with derivatives with respect to the edges of the first.
private struct Surrounding {
    let width, height: Double
    let widthSlope, heightSlope: SIMD4<Double>

    init(_ a: SIMD4<Double>, _ b: SIMD4<Double>) {
        width = max(a.z, b.z) - min(a.x, b.x)
        height = max(a.w, b.w) - min(a.y, b.y)
        widthSlope = SIMD4(a.x < b.x ? -1 : 0, 0, a.z > b.z ? 1 : 0, 0)
        heightSlope = SIMD4(0, a.y < b.y ? -1 : 0, 0, a.w > b.w ? 1 : 0)
    }
}

/// The mean loss of boxes by their overlap, as `torchvision.ops.generalized_box_iou_loss` and
/// `complete_box_iou_loss`.
///
/// - Parameters:
///   - boxes: predicted, [N, 4]: left, top, right, bottom of each.
///   - targets: the true ones, [N, 4]; they get no gradient.
///   - kind: of the loss.
/// - Returns: a scalar, [].
public func overlapLoss(_ boxes: Tensor, _ targets: Tensor, _ kind: OverlapLoss) -> Tensor {
    precondition(
        boxes.shape == targets.shape && boxes.shape.rank == 2 && boxes.shape[1] == 4 && boxes.shape[0] > 0,
        "overlapLoss: targets \(targets.shape) for \(boxes.shape), two of [N, 4] expected")
    let count = boxes.shape[0]
    var sum = 0.0
    let slopes = Tensor(shape: boxes.shape, from: boxes, targets) { slopes in
        boxes.withValues { boxes in
            targets.withValues { targets in
                func box(_ values: UnsafeBufferPointer<Float>, _ index: Int) -> SIMD4<Double> {
                    SIMD4((0..<4).map { Double(values[4 * index + $0]) })
                }
                for index in 0..<count {
                    let (value, gradient, _) = kind(box(boxes, index), box(targets, index))
                    sum += value
                    for edge in 0..<4 { slopes[4 * index + edge] = Float(gradient[edge] / Double(count)) }
                }
            }
        }
    }
    return scalar(from: boxes, targets) { sum / Double(count) }.recorded(
        as: .loss("overlapLoss"), (boxes, { slopes * $0.item }), constants: [targets])
}
