import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor
import Foundation

/// The loss of YOLOv3 (Redmon & Farhadi 2018, arXiv:1804.02767): the cell that an object's center lies in answers for it, by the
/// anchor whose size is nearest.
///
/// The box, objectness and classes of these cells count, and objectness of all others, but for those whose predicted box meets an
/// object well anyhow; each summed over the batch and divided by the number of cells that answer for an object.
public struct AnchorLoss: Sendable, Equatable {
    /// How boxes are compared; nil for the errors of raw values, as in the paper: cross-entropy of the center within its cell, and
    /// half the squared error of the logarithms of width and height, more for small objects.
    public var overlap: OverlapLoss? = .ciou
    /// The weight of the loss of boxes.
    public var boxWeight = 5.0
    /// How objectness is compared.
    public var objectness = ObjectnessLoss.crossEntropy
    /// Boxes that meet an object by more than this IoU do not count as ground.
    public var ignoredOverlap = 0.5

    /// The usual settings.
    public init() {}

    /// A place that answers for an object.
    package struct Match: Equatable {
        /// The grid, the anchor in it, and the cell.
        package var level, anchor, row, column: Int
        /// The index of the object.
        package var object: Int

        package init(level: Int, anchor: Int, row: Int, column: Int, object: Int) {
            (self.level, self.anchor, self.row, self.column, self.object) = (level, anchor, row, column, object)
        }
    }

    /// The loss of a batch, and its parts.
    ///
    /// - Parameters:
    ///   - grids: of a YOLO network with anchors whose values are logits.
    ///   - boxes: the objects of each image in pixels of the input, with classes that the network has. Boxes without area, or with
    ///     edges that are not finite, are passed over.
    ///   - width: of the input, in pixels.
    ///   - height: of the input, in pixels.
    /// - Returns: the loss.
    public func callAsFunction(
        _ grids: [YOLOGrid], _ boxes: [[LabeledBox]], width: Int, height: Int
    ) -> DetectionLossValue {
        let levels = grids.map { AnchorLevel($0, width: width, height: height) }
        precondition(
            !grids.isEmpty && grids.allSatisfy { $0.values.shape[0] == boxes.count && $0.coding == .logits },
            "AnchorLoss: grids \(grids.map(\.values.shape)) for \(boxes.count) images, of logits expected")
        let objects = boxes.map { $0.filter { $0.box.width > 0 && $0.box.height > 0 && $0.box.area.isFinite } }
        for object in objects.joined() {
            precondition(
                (0..<levels[0].classes).contains(object.label),
                "AnchorLoss: class \(object.label) of \(levels[0].classes)")
        }
        let matches = objects.map { self.matches($0, levels) }
        let positives = Double(max(matches.reduce(0) { $0 + $1.count }, 1))
        var result = DetectionLossValue.Parts()
        var gradients = grids.map { [Float](repeating: 0, count: $0.values.shape.count) }
        for image in boxes.indices {
            let sum = AnchorImageLoss(loss: self, levels: levels, image: image, scale: 1 / positives)
            sum.add(matches[image], objects[image], to: &result, &gradients)
            sum.addGround(matches[image], objects[image], to: &result, &gradients)
        }
        return DetectionLossValue(result, grids, gradients, name: "AnchorLoss")
    }

    /// The places that answer for the objects of an image. A place that several objects want goes to the first.
    package func matches(_ objects: [LabeledBox], _ levels: [AnchorLevel]) -> [Match] {
        var taken: [Match] = []
        for (index, object) in objects.enumerated() {
            let (number, anchor) = Self.nearest(object.box, levels)
            let level = levels[number]
            let edges = object.box.edges
            func cell(_ position: Double, _ count: Int) -> Int {
                min(max(Int(clamping: position.rounded(.down)), 0), count - 1)
            }
            let column = cell((edges.x + edges.z) / 2 / level.strideX, level.width)
            let row = cell((edges.y + edges.w) / 2 / level.strideY, level.height)
            let isTaken = taken.contains {
                ($0.level, $0.anchor, $0.row, $0.column) == (number, anchor, row, column)
            }
            if isTaken { continue }
            taken.append(Match(level: number, anchor: anchor, row: row, column: column, object: index))
        }
        return taken
    }

    /// The anchor of all grids whose size is nearest to that of a box.
    private static func nearest(_ box: Box, _ levels: [AnchorLevel]) -> (level: Int, anchor: Int) {
        var best: (level: Int, anchor: Int, iou: Double) = (0, 0, -1)
        for (number, level) in levels.enumerated() {
            for (position, anchor) in level.anchors.enumerated() {
                let iou = shapeIoU(
                    (Double(box.width), Double(box.height)), (Double(anchor.width), Double(anchor.height)))
                if iou > best.iou { best = (number, position, iou) }
            }
        }
        return (best.level, best.anchor)
    }

    /// The IoU of two boxes with the same center.
    package static func shapeIoU(_ a: (width: Double, height: Double), _ b: (width: Double, height: Double)) -> Double {
        let shared = min(a.width, b.width) * min(a.height, b.height)
        return shared / (a.width * a.height + b.width * b.height - shared)
    }
}

/// The values of a grid with anchors.
package struct AnchorLevel {
    let values: [Float]
    let anchors: [YOLOGrid.Anchor]
    let classes, width, height: Int
    /// Pixels of the input from one cell to the next.
    let strideX, strideY: Double

    package init(_ grid: YOLOGrid, width inputWidth: Int, height inputHeight: Int) {
        values = grid.values.values
        anchors = grid.anchors
        classes = grid.values.shape[1] / grid.anchors.count - 5
        (width, height) = (grid.values.shape[3], grid.values.shape[2])
        (strideX, strideY) = (Double(inputWidth) / Double(width), Double(inputHeight) / Double(height))
    }

    func index(_ image: Int, _ anchor: Int, _ channel: Int, _ row: Int, _ column: Int) -> Int {
        (((image * anchors.count + anchor) * (5 + classes) + channel) * height + row) * width + column
    }

    /// Left, top, right, bottom in pixels of the input.
    func box(_ image: Int, _ anchor: Int, _ row: Int, _ column: Int) -> SIMD4<Double> {
        func raw(_ channel: Int) -> Double { Double(values[index(image, anchor, channel, row, column)]) }
        let x = (probability(raw(0)) + Double(column)) * strideX
        let y = (probability(raw(1)) + Double(row)) * strideY
        // e^20 times any anchor is larger than any image.
        let width = exp(min(raw(2), 20)) * Double(anchors[anchor].width)
        let height = exp(min(raw(3), 20)) * Double(anchors[anchor].height)
        return SIMD4(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    }
}

/// The loss of one image with its gradient.
private struct AnchorImageLoss {
    let loss: AnchorLoss
    let levels: [AnchorLevel]
    let image: Int
    /// Over the number of cells that answer for an object.
    let scale: Double

    /// Box, objectness and classes of the cells that answer for an object.
    func add(
        _ matches: [AnchorLoss.Match], _ objects: [LabeledBox], to parts: inout DetectionLossValue.Parts,
        _ gradients: inout [[Float]]
    ) {
        for match in matches {
            let level = levels[match.level]
            func index(_ channel: Int) -> Int { level.index(image, match.anchor, channel, match.row, match.column) }
            func raw(_ channel: Int) -> Double { Double(level.values[index(channel)]) }
            func added(_ channel: Int, _ loss: (value: Double, slope: Double)) -> Double {
                gradients[match.level][index(channel)] = Float(loss.slope * scale)
                return loss.value * scale
            }
            parts.objectness += added(4, loss.objectness(raw(4), 1))
            let object = objects[match.object]
            for label in 0..<level.classes {
                let target = label == object.label ? 1.0 : 0
                parts.classes += added(5 + label, ObjectnessLoss.crossEntropy(raw(5 + label), target))
            }
            let (values, slopes) = box(SIMD4(raw(0), raw(1), raw(2), raw(3)), match, object.box.edges)
            for channel in 0..<4 { parts.box += added(channel, (values[channel], slopes[channel])) }
        }
    }

    /// The loss of a box in four parts, and the derivatives with respect to its raw values.
    private func box(
        _ raw: SIMD4<Double>, _ match: AnchorLoss.Match, _ truth: SIMD4<Double>
    ) -> (SIMD4<Double>, SIMD4<Double>) {
        let level = levels[match.level]
        if let overlap = loss.overlap {
            let box = level.box(image, match.anchor, match.row, match.column)
            let (value, slope, _) = overlap(box, truth)
            let (x, y) = (probability(raw.x), probability(raw.y))
            let slopes = SIMD4(
                (slope.x + slope.z) * level.strideX * x * (1 - x), (slope.y + slope.w) * level.strideY * y * (1 - y),
                raw.z < 20 ? (slope.z - slope.x) / 2 * (box.z - box.x) : 0,
                raw.w < 20 ? (slope.w - slope.y) / 2 * (box.w - box.y) : 0)
            return (SIMD4(loss.boxWeight * value, 0, 0, 0), loss.boxWeight * slopes)
        }
        let anchor = level.anchors[match.anchor]
        let (width, height) = (truth.z - truth.x, truth.w - truth.y)
        let frame = level.strideX * Double(level.width) * level.strideY * Double(level.height)
        let weight = 2 - width * height / frame
        let x = ObjectnessLoss.crossEntropy(raw.x, (truth.x + truth.z) / 2 / level.strideX - Double(match.column))
        let y = ObjectnessLoss.crossEntropy(raw.y, (truth.y + truth.w) / 2 / level.strideY - Double(match.row))
        let dw = raw.z - log(width / Double(anchor.width))
        let dh = raw.w - log(height / Double(anchor.height))
        return (weight * SIMD4(x.value, y.value, dw * dw / 2, dh * dh / 2), weight * SIMD4(x.slope, y.slope, dw, dh))
    }

    /// Objectness of the cells that answer for no object.
    func addGround(
        _ matches: [AnchorLoss.Match], _ objects: [LabeledBox], to parts: inout DetectionLossValue.Parts,
        _ gradients: inout [[Float]]
    ) {
        let truths = objects.map(\.box.edges)
        for (number, level) in levels.enumerated() {
            let taken = Set(
                matches.filter { $0.level == number }.map { level.index(image, $0.anchor, 4, $0.row, $0.column) })
            for place in 0..<level.anchors.count * level.height * level.width {
                let (anchor, cell) = place.quotientAndRemainder(dividingBy: level.height * level.width)
                let (row, column) = cell.quotientAndRemainder(dividingBy: level.width)
                let index = level.index(image, anchor, 4, row, column)
                if taken.contains(index) { continue }
                let box = level.box(image, anchor, row, column)
                if truths.contains(where: { OverlapLoss.iou(box, $0).iou > loss.ignoredOverlap }) { continue }
                let ground = loss.objectness(Double(level.values[index]), 0)
                parts.objectness += ground.value * scale
                gradients[number][index] = Float(ground.slope * scale)
            }
        }
    }
}
