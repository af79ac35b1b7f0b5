import CVImage
import CVNN
import Foundation

/// Which cells of a detector without anchors answer for which object: SimOTA (Ge et al. 2021, arXiv:2107.08430, section 2.1).
///
/// Candidates are the cells within an object's box, or near its center. An object gets as many of them as the sum of its ten
/// largest IoUs says, those where it costs least: the cross-entropy of the classes, three times -ln IoU, and very much for a
/// cell that is not both within the box and near the center. A cell that several objects want goes to that which costs least.
public struct SimOTA: Sendable, Equatable {
    /// Cells on each side of an object's center that are near.
    public var centerRadius = 2.5
    /// How many of the largest IoUs count for the number of cells.
    public var overlaps = 10
    /// The weight of -ln IoU.
    public var overlapWeight = 3.0
    /// What a cell costs that is not both within the box and near the center.
    public var outsideCost = 1e5

    /// The paper's settings.
    public init() {}

    /// A cell that answers for an object.
    public struct Match: Sendable, Equatable {
        /// The cell, counted over all grids, the finest first, row by row.
        public var cell: Int
        /// The index of the object.
        public var object: Int
        /// The IoU of the cell's predicted box with the object's, which its class score is to become.
        public var iou: Double
    }

    /// Assigns cells to the objects of one image.
    ///
    /// - Parameters:
    ///   - objects: in pixels of the input.
    ///   - predictions: what the network says about the same image.
    /// - Returns: the cells that answer for an object, in ascending order; none for an image without objects.
    func matches(_ objects: [LabeledBox], _ predictions: CellPredictions) -> [Match] {
        let (cells, relations) = candidates(objects, predictions.cells)
        if cells.isEmpty { return [] }
        let boxes = cells.map { predictions.box($0) }
        let scores = cells.map { predictions.scores($0) }
        let grounds = scores.map { $0.reduce(0) { $0 - Self.clampedLog(1 - $1) } }
        var (ious, costs): ([[Double]], [[Double]]) = ([], [])
        for (object, isInside) in zip(objects, relations) {
            let truth = object.box.edges
            let row = boxes.map { OverlapLoss.iou($0, truth).iou }
            ious.append(row)
            costs.append(
                cells.indices.map { index in
                    let score = scores[index][object.label]
                    let classes = grounds[index] + Self.clampedLog(1 - score) - Self.clampedLog(score)
                    let outside = isInside[index] ? 0 : outsideCost
                    return classes - overlapWeight * log(row[index] + 1e-8) + outside
                })
        }
        return resolved(costs, ious).map { Match(cell: cells[$0.candidate], object: $0.object, iou: $0.iou) }
    }

    /// As PyTorch's binary cross-entropy has it, which never is infinite.
    private static func clampedLog(_ value: Double) -> Double { value > 0 ? max(log(value), -100) : -100 }

    /// The cells within an object's box or near its center, and of each object which are both.
    private func candidates(_ objects: [LabeledBox], _ cells: [GridCell]) -> (cells: [Int], relations: [[Bool]]) {
        var found: [Int] = []
        var relations = [[Bool]](repeating: [], count: objects.count)
        var isInside = [Bool](repeating: false, count: objects.count)
        for (index, cell) in cells.enumerated() {
            let (x, y, reach) = (cell.centerX, cell.centerY, centerRadius * cell.stride)
            var isCandidate = false
            for (number, object) in objects.enumerated() {
                let edges = object.box.edges
                let isWithin = x > edges.x && y > edges.y && x < edges.z && y < edges.w
                let isNear = abs(x - (edges.x + edges.z) / 2) < reach && abs(y - (edges.y + edges.w) / 2) < reach
                isInside[number] = isWithin && isNear
                isCandidate = isCandidate || isWithin || isNear
            }
            guard isCandidate else { continue }
            found.append(index)
            for number in objects.indices { relations[number].append(isInside[number]) }
        }
        return (found, relations)
    }

    /// The cheapest candidates of each object; of those that several want, the object that costs least.
    private func resolved(
        _ costs: [[Double]], _ ious: [[Double]]
    ) -> [(candidate: Int, object: Int, iou: Double)] {
        let count = costs[0].count
        var wishes = [[Int]](repeating: [], count: count)
        for object in costs.indices {
            let sum = ious[object].sorted(by: >).prefix(overlaps).reduce(0, +)
            let wanted = min(max(Int(clamping: sum.rounded(.down)), 1), count)
            let cheapest = (0..<count).sorted { (costs[object][$0], $0) < (costs[object][$1], $1) }
            for candidate in cheapest.prefix(wanted) { wishes[candidate].append(object) }
        }
        return wishes.enumerated().compactMap { candidate, objects in
            guard var best = objects.first else { return nil }
            if objects.count > 1 {
                best = 0
                for object in costs.indices where costs[object][candidate] < costs[best][candidate] { best = object }
            }
            return (candidate, best, ious[best][candidate])
        }
    }
}

extension Box {
    /// Left, top, right, bottom.
    var edges: SIMD4<Double> { SIMD4(Double(minX), Double(minY), Double(maxX), Double(maxY)) }
}
