import CVCore
import CVImage
import CVModels
import CVNN

/// The shapes of a data set's boxes, and the anchors that stand for them: their centers by k-means, where two boxes are as far from
/// each other as 1 − IoU of boxes with the same center (Redmon & Farhadi 2016, arXiv:1612.08242, section 2).
///
/// By the squared distance of widths and heights, large boxes would decide; IoU counts small ones as much.
///
/// ```swift
/// let shapes = BoxShapes(dataset.images, input: .init(channels: 3, height: 416, width: 416))
/// let clusters = shapes.clusters(9, seed: 0)
/// print(clusters.anchors, clusters.meanIoU)
/// ```
public struct BoxShapes: Sendable {
    /// The width and the height of one box, in pixels of the network's input.
    public struct Size: Sendable, Equatable {
        /// In pixels of the input.
        public var width, height: Double

        /// A size in pixels of the input.
        ///
        /// - Parameters:
        ///   - width: above 0.
        ///   - height: above 0.
        public init(_ width: Double, _ height: Double) { (self.width, self.height) = (width, height) }

        /// In square pixels.
        public var area: Double { width * height }

        /// The IoU of two boxes with the same center.
        ///
        /// - Parameter other: another size.
        /// - Returns: from 0 to 1.
        public func iou(_ other: Size) -> Double {
            AnchorLoss.shapeIoU((width, height), (other.width, other.height))
        }
    }

    /// The sizes, in the order of images and objects.
    public let sizes: [Size]

    /// Sizes of boxes.
    ///
    /// - Parameter sizes: those without an area, or that are not finite, are left out.
    public init(_ sizes: [Size]) {
        self.sizes = sizes.filter { $0.width > 0 && $0.height > 0 && $0.area.isFinite && $0.area > 0 }
    }

    /// The sizes of all boxes but crowds when the images are letterboxed.
    ///
    /// - Parameters:
    ///   - dataset: a data set for detection.
    ///   - items: the indices of the images that count; nil for all.
    ///   - input: the size of the network's input.
    public init(_ dataset: ImageDataset, items: [Int]? = nil, input: ModelSpec.Input) {
        var sizes: [Size] = []
        for item in (items ?? Array(dataset.items.indices)).map({ dataset.items[$0] }) {
            guard let size = item.size else { continue }
            let scale = min(Double(input.width) / Double(size.width), Double(input.height) / Double(size.height))
            sizes += item.objects.labeledBoxes.map { Size(Double($0.box.width) * scale, Double($0.box.height) * scale) }
        }
        self.init(sizes)
    }

    /// How well anchors stand for the boxes.
    public struct Fit: Sendable, Equatable {
        /// The anchors, from the smallest area to the largest.
        public let anchors: [Size]
        /// The mean over all boxes of the IoU with the anchor that is nearest.
        public let meanIoU: Double
        /// The part of the boxes whose nearest anchor has an IoU of at least 0.5.
        public let recall: Double
        /// How many boxes are nearest to each anchor.
        public let counts: [Int]
    }

    /// How well given anchors stand for the boxes.
    ///
    /// - Parameter anchors: at least one.
    /// - Returns: the anchors sorted by area, with their numbers; NaN for no boxes.
    public func fit(_ anchors: [Size]) -> Fit {
        let sorted = anchors.sorted { ($0.area, $0.width) < ($1.area, $1.width) }
        var counts = [Int](repeating: 0, count: sorted.count)
        var (sum, good) = (0.0, 0)
        for size in sizes {
            let (index, iou) = Self.nearest(size, sorted)
            counts[index] += 1
            sum += iou
            if iou >= 0.5 { good += 1 }
        }
        let total = Double(sizes.count)
        return Fit(anchors: sorted, meanIoU: sum / total, recall: Double(good) / total, counts: counts)
    }

    /// The anchors by k-means.
    ///
    /// The first centers are drawn as k-means++ does (Arthur & Vassilvitskii 2007), each with a probability by its squared distance
    /// from those before; a center moves to the mean width and height of its boxes. Of ten such runs the best is taken. Of more than
    /// 20,000 boxes an even selection is grouped; the numbers are those of all.
    ///
    /// - Parameters:
    ///   - count: of anchors; at least one.
    ///   - seed: of the first centers.
    /// - Returns: as many anchors as there are different sizes of boxes, but at most `count`; nil without boxes.
    public func clusters(_ count: Int, seed: UInt64) -> Fit? {
        precondition(count > 0, "clusters: \(count) of at least 1")
        guard !sizes.isEmpty else { return nil }
        let step = (sizes.count + Self.mostGrouped - 1) / Self.mostGrouped
        let some = BoxShapes(stride(from: 0, to: sizes.count, by: step).map { sizes[$0] })
        var numbers = SeededNumbers(seed: seed)
        let runs = (0..<10).map { _ in some.fit(some.moved(some.firstCenters(count, &numbers))) }
        return runs.max { $0.meanIoU < $1.meanIoU }.map { fit($0.anchors) }
    }

    private static let mostGrouped = 20_000

    /// Boxes drawn at random, for comparison: what anchors are worth that are not fitted.
    ///
    /// - Parameters:
    ///   - count: of anchors; at least one.
    ///   - input: width and height are uniform between a 32nd of its sides and the whole.
    ///   - seed: of the random numbers.
    /// - Returns: the anchors with their numbers.
    public func random(_ count: Int, in input: ModelSpec.Input, seed: UInt64) -> Fit {
        var numbers = SeededNumbers(seed: seed)
        func side(_ whole: Int) -> Double { Double(whole) * (1 / 32 + numbers.uniform() * 31 / 32) }
        return fit((0..<count).map { _ in Size(side(input.width), side(input.height)) })
    }

    // MARK: k-means

    /// The anchor that a box is nearest to; the first of several.
    private static func nearest(_ size: Size, _ anchors: [Size]) -> (index: Int, iou: Double) {
        var best = (index: 0, iou: -1.0)
        for (index, anchor) in anchors.enumerated() {
            let iou = size.iou(anchor)
            if iou > best.iou { best = (index, iou) }
        }
        return best
    }

    private func firstCenters(_ count: Int, _ numbers: inout SeededNumbers) -> [Size] {
        func index() -> Int { min(sizes.count - 1, Int(clamping: numbers.uniform() * Double(sizes.count))) }
        var centers = [sizes[index()]]
        var distances = sizes.map { 1 - $0.iou(centers[0]) }
        while centers.count < count {
            let weights = distances.map { $0 * $0 }
            var rest = weights.reduce(0, +) * numbers.uniform()
            // All sizes are centers.
            guard distances.contains(where: { $0 > 1e-9 }) else { break }
            var chosen = weights.lastIndex { $0 > 0 }!
            for (index, weight) in weights.enumerated() where weight > 0 {
                rest -= weight
                if rest < 0 {
                    chosen = index
                    break
                }
            }
            let center = sizes[chosen]
            centers.append(center)
            for (index, size) in sizes.enumerated() { distances[index] = min(distances[index], 1 - size.iou(center)) }
        }
        return centers
    }

    private static let mostRounds = 300

    private func moved(_ first: [Size]) -> [Size] {
        var centers = first
        var assigned = [Int](repeating: -1, count: sizes.count)
        for _ in 0..<Self.mostRounds {
            let now = sizes.map { Self.nearest($0, centers).index }
            if now == assigned { break }
            assigned = now
            var sums = centers.map { _ in (width: 0.0, height: 0.0, count: 0.0) }
            for (size, index) in zip(sizes, assigned) {
                sums[index].width += size.width
                sums[index].height += size.height
                sums[index].count += 1
            }
            for (index, sum) in sums.enumerated() where sum.count > 0 {
                centers[index] = Size(sum.width / sum.count, sum.height / sum.count)
            }
        }
        return centers
    }
}
