import CVCore
import CVDetection
import CVImage
import CVModels
import CVTensor
import Foundation

/// The losses of R-CNN, Fast and Faster R-CNN, as torchvision sums them up: of the proposer (Ren et al. 2015, arXiv:1506.01497,
/// equation 1) and of the regions (Girshick 2015, arXiv:1504.08083, equation 1).
///
/// Each is a cross-entropy over the boxes that were drawn, and the smooth absolute error of those that stand for an object.
public struct RegionLoss: Sendable, Equatable {
    /// Which anchors a proposer learns from.
    public var anchors = RegionMatching.proposals
    /// Which regions are learned from; nil for as many of an image as suit the network.
    public var regions: RegionMatching?
    /// How it is compared whether an anchor shows an object.
    public var objectness = ObjectnessLoss.crossEntropy
    /// Which boxes of a proposer become regions.
    public var proposals = ProposalOptions()

    /// The usual settings.
    public init() {}

    /// The loss of a batch, and its parts.
    public struct Value: Sendable {
        /// The sum of the parts, a scalar that a tape watches.
        public let total: Tensor
        /// The cross-entropy of a proposer's anchors; 0 without a proposer.
        public let objectness: Double
        /// The error of a proposer's boxes; 0 without a proposer.
        public let proposals: Double
        /// The cross-entropy of the regions' classes.
        public let classes: Double
        /// The error of the regions' boxes.
        public let boxes: Double
    }

    /// Runs a network, and compares what it gives with the objects.
    ///
    /// - Parameters:
    ///   - network: that is trained.
    ///   - x: [N, 3, H, W], watched by a tape.
    ///   - objects: of each image in pixels of the input, with classes that the network has. Boxes without area, or with edges that
    ///     are not finite, are passed over.
    ///   - found: where objects may be in each image, for a network that does not propose regions itself; others ignore it. Boxes
    ///     that are not finite are passed over.
    ///   - seed: which boxes are drawn.
    /// - Returns: the loss.
    public func callAsFunction(
        _ network: RegionNetwork, _ x: Tensor, _ objects: [[LabeledBox]], found: [[Box]] = [], seed: UInt64 = 0
    ) -> Value {
        precondition(x.shape[0] == objects.count, "RegionLoss: \(x.shape) and objects of \(objects.count) images")
        let objects = objects.map { $0.filter { $0.box.width > 0 && $0.box.height > 0 && $0.box.area.isFinite } }
        for object in objects.joined() {
            precondition(
                (0..<network.classCount).contains(object.label),
                "RegionLoss: class \(object.label) of \(network.classCount)")
        }
        var random = SplitMix64(seed: seed, stream: 0)
        let features = network.kind == .rcnn ? nil : network.features(x)
        var proposed = found.map { $0.filter(\.isFinite) }
        var first: (total: Tensor, parts: LossParts)?
        if let features, let proposer = network.proposer {
            let grid = proposer(features)
            first = loss(grid, objects, using: &random)
            proposed = objects.indices.map {
                grid.proposals(ofImage: $0, width: x.shape[3], height: x.shape[2], options: proposals)
            }
        }
        precondition(proposed.count == objects.count, "RegionLoss: regions of \(proposed.count) images")
        var matching = regions ?? .regions
        if regions == nil { matching.count = network.trainedRegions }
        var targets = RegionTargets()
        for image in objects.indices {
            let boxes = RegionNetwork.regions(proposed[image], width: x.shape[3], height: x.shape[2])
            targets.add(boxes, objects[image], image: image, matching, using: &random)
        }
        let scores = network.scores(targets.regions, of: x, features: features)
        let second = Self.loss(scores, targets)
        return Value(
            total: first.map { $0.total + second.total } ?? second.total,
            objectness: first?.parts.classes ?? 0, proposals: first?.parts.boxes ?? 0, classes: second.parts.classes,
            boxes: second.parts.boxes)
    }

    /// Where the smooth absolute error begins to grow in a straight line.
    fileprivate static let beta: Float = 1.0 / 9

    fileprivate struct LossParts {
        var classes = 0.0, boxes = 0.0
    }

    /// The smooth absolute error of four numbers, and its derivatives.
    fileprivate static func smooth(_ found: SIMD4<Float>, _ truth: SIMD4<Float>) -> (Double, SIMD4<Float>) {
        let difference = found - truth
        var (sum, slopes) = (0.0, SIMD4<Float>.zero)
        for index in 0..<4 {
            let value = difference[index]
            let isSmall = abs(value) < beta
            sum += Double(isSmall ? value * value / (2 * beta) : abs(value) - beta / 2)
            slopes[index] = isSmall ? value / beta : value < 0 ? -1 : 1
        }
        return (sum, slopes)
    }

    /// The loss of a proposer.
    private func loss(
        _ grid: ProposalGrid, _ objects: [[LabeledBox]], using random: inout SplitMix64
    ) -> (total: Tensor, parts: LossParts) {
        let images = objects.indices.map {
            image -> (anchors: [RatedAnchor], matches: [RegionMatching.Match], drawn: [Int]) in
            let all = grid.anchors(ofImage: image)
            let matches = anchors.matches(all.map { Box($0.box) }, objects[image].map(\.box))
            return (all, matches, anchors.drawn(matches, using: &random))
        }
        let scale = 1 / Float(max(images.reduce(0) { $0 + $1.drawn.count }, 1))
        var parts = LossParts()
        var scoreSlopes = [Float](repeating: 0, count: grid.scores.shape.count)
        var boxSlopes = [Float](repeating: 0, count: grid.values.shape.count)
        for (image, (all, matches, drawn)) in images.enumerated() {
            for index in drawn {
                let anchor = all[index]
                var target = 0.0
                if case .object(let object) = matches[index] {
                    target = 1
                    let truth = BoxCoder.proposals.encode(objects[image][object].box.vector, relativeTo: anchor.box)
                    let (value, slopes) = Self.smooth(anchor.raw, truth)
                    parts.boxes += value * Double(scale)
                    for each in 0..<4 { boxSlopes[anchor.firstIndex + each * anchor.step] = slopes[each] * scale }
                }
                let (value, slope) = objectness(Double(anchor.logit), target)
                parts.classes += value * Double(scale)
                scoreSlopes[anchor.scoreIndex] = Float(slope) * scale
            }
        }
        return (Self.recorded(parts, "proposals", [(grid.scores, scoreSlopes), (grid.values, boxSlopes)]), parts)
    }

    /// The loss of regions.
    private static func loss(
        _ scores: RegionScores, _ targets: RegionTargets
    ) -> (total: Tensor, parts: LossParts) {
        let width = scores.classes.shape[1]
        let scale = 1 / Float(max(targets.labels.count, 1))
        var parts = LossParts()
        var classSlopes = softmax(scores.classes).values.map { $0 * scale }
        var boxSlopes = [Float](repeating: 0, count: scores.boxes.shape.count)
        let (logits, values) = (scores.classes.values, scores.boxes.values)
        for (row, label) in targets.labels.enumerated() {
            let column = row * width + label
            let all = logits[row * width..<(row + 1) * width].map(Double.init)
            let largest = all.max() ?? 0
            let sum = all.reduce(0) { $0 + exp($1 - largest) }
            parts.classes += (log(sum) + largest - all[label]) * Double(scale)
            classSlopes[column] -= scale
            guard label > 0 else { continue }
            let first = 4 * column
            let raw = SIMD4(values[first], values[first + 1], values[first + 2], values[first + 3])
            let (value, slopes) = smooth(raw, targets.boxes[row])
            parts.boxes += value * Double(scale)
            for each in 0..<4 { boxSlopes[first + each] = slopes[each] * scale }
        }
        return (recorded(parts, "regions", [(scores.classes, classSlopes), (scores.boxes, boxSlopes)]), parts)
    }

    /// A scalar with these derivatives.
    private static func recorded(
        _ parts: LossParts, _ name: String, _ slopes: [(of: Tensor, values: [Float])]
    ) -> Tensor {
        let rules = slopes.map { each -> GradientRule in
            let slope = Tensor(each.values, shape: each.of.shape)
            return (each.of, { slope * $0.item })
        }
        return Tensor([Float(parts.classes + parts.boxes)], shape: []).recorded(as: .loss(name), rules)
    }
}
