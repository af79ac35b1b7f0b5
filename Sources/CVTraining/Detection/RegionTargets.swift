import CVCore
import CVDetection
import CVImage
import CVModels
import CVTensor

/// Which boxes stand for which object, and which are drawn to learn from: there are far more of the ground than of objects.
///
/// As torchvision's `Matcher` and `BalancedPositiveNegativeSampler`.
public struct RegionMatching: Sendable, Equatable {
    /// From this IoU on, a box stands for the object.
    public var foreground: Float
    /// Below this IoU, a box is ground. What lies between is not learned from.
    public var background: Float
    /// Whether the best boxes of an object stand for it even below that.
    public var keepsBest: Bool
    /// Boxes drawn of an image.
    public var count: Int
    /// The most of them that stand for an object, as a fraction.
    public var positiveFraction: Double

    /// Of the anchors of a region proposer.
    public static let proposals = RegionMatching(
        foreground: 0.7, background: 0.3, keepsBest: true, count: 256, positiveFraction: 0.5)
    /// Of regions.
    public static let regions = RegionMatching(
        foreground: 0.5, background: 0.5, keepsBest: false, count: 64, positiveFraction: 0.25)

    /// What a box stands for.
    package enum Match: Equatable {
        case object(Int)
        case ground
        /// Neither clearly an object nor clearly ground.
        case unclear
    }

    /// What each box stands for.
    ///
    /// - Parameters:
    ///   - boxes: in the pixels of the objects.
    ///   - objects: with areas.
    /// - Returns: as many matches as boxes.
    package func matches(_ boxes: [Box], _ objects: [Box]) -> [Match] {
        guard !objects.isEmpty else { return boxes.map { _ in .ground } }
        var best = [Float](repeating: 0, count: objects.count)
        let nearest = boxes.map { box in
            var found: (object: Int, overlap: Float) = (0, -1)
            for (object, truth) in objects.enumerated() {
                let overlap = box.intersectionOverUnion(with: truth)
                best[object] = max(best[object], overlap)
                if overlap > found.overlap { found = (object, overlap) }
            }
            return found
        }
        var matches = nearest.map { object, overlap -> Match in
            overlap >= foreground ? .object(object) : overlap < background ? .ground : .unclear
        }
        guard keepsBest else { return matches }
        for (index, box) in boxes.enumerated() where matches[index] != .object(nearest[index].object) {
            // A box that is the best of one object may still be nearer to another, and stands for that one.
            let isBest = objects.indices.contains {
                best[$0] > 0 && box.intersectionOverUnion(with: objects[$0]) == best[$0]
            }
            if isBest { matches[index] = .object(nearest[index].object) }
        }
        return matches
    }

    /// The boxes to learn from: those of objects, then those of the ground, each in the order of `matches`.
    ///
    /// - Parameters:
    ///   - matches: of the boxes.
    ///   - random: which are drawn if there are more than wanted.
    /// - Returns: indices.
    package func drawn(_ matches: [Match], using random: inout SplitMix64) -> [Int] {
        precondition(count >= 0 && (0...1).contains(positiveFraction), "RegionMatching: \(self)")
        let objects = matches.indices.filter { if case .object = matches[$0] { true } else { false } }
        let ground = matches.indices.filter { matches[$0] == .ground }
        let most = min(objects.count, Int(clamping: Double(count) * positiveFraction))
        let some = Self.some(most, of: objects, using: &random)
        return some + Self.some(min(count - most, ground.count), of: ground, using: &random)
    }

    private static func some(_ count: Int, of all: [Int], using random: inout SplitMix64) -> [Int] {
        count == all.count ? all : Array(all.shuffled(using: &random).prefix(count)).sorted()
    }
}

/// Regions to learn from, and what they show.
struct RegionTargets {
    var regions: [RegionOfInterest] = []
    /// 0 for the background, else the class from 1 on.
    var labels: [Int] = []
    /// The object relative to the region; of no meaning for the background.
    var boxes: [SIMD4<Float>] = []

    /// Draws regions of an image, after the objects themselves were added to them, and appends them.
    mutating func add(
        _ proposals: [Box], _ objects: [LabeledBox], image: Int, _ matching: RegionMatching,
        using random: inout SplitMix64
    ) {
        let boxes = proposals + objects.map(\.box)
        let matches = matching.matches(boxes, objects.map(\.box))
        for index in matching.drawn(matches, using: &random) {
            regions.append(RegionOfInterest(boxes[index], image: image))
            if case .object(let object) = matches[index] {
                labels.append(objects[object].label + 1)
                self.boxes.append(
                    BoxCoder.regions.encode(objects[object].box.vector, relativeTo: boxes[index].vector))
            } else {
                labels.append(0)
                self.boxes.append(.zero)
            }
        }
    }
}
