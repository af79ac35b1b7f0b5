import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor
import Foundation

/// The loss of YOLOX (Ge et al. 2021, arXiv:2107.08430), with its assignment of cells to objects.
///
/// Five times the overlap loss of boxes, the binary cross-entropy of objectness over all cells and of classes over the cells that
/// answer for an object, and at the end of a training the absolute error of the raw boxes; each summed over the batch and divided
/// by the number of cells that answer for an object. The target of a class is the IoU of the predicted box.
public struct YOLOXLoss: Sendable, Equatable {
    /// Which cells answer for which object.
    public var assignment = SimOTA()
    /// How boxes are compared.
    public var overlap = OverlapLoss.squaredIoU
    /// How objectness is compared.
    public var objectness = ObjectnessLoss.crossEntropy
    /// The weight of the overlap loss.
    public var boxWeight = 5.0
    /// Whether the absolute error of the raw boxes counts, too: in the last epochs, when augmentation is weak.
    public var hasAbsoluteError = false

    /// The paper's settings.
    public init() {}

    /// The loss of a batch, and its parts.
    public struct Value: Sendable {
        /// The sum of the parts, a scalar that a tape watches.
        public let total: Tensor
        /// The overlap loss with its weight.
        public let box: Double
        /// The cross-entropy of objectness.
        public let objectness: Double
        /// The cross-entropy of classes.
        public let classes: Double
        /// The absolute error of raw boxes; 0 where it does not count.
        public let absolute: Double
        /// The cells that answer for an object, of each image.
        public let matches: [[SimOTA.Match]]
    }

    /// Compares the outputs of a network with the objects.
    ///
    /// - Parameters:
    ///   - grids: of YOLOX, one box a cell.
    ///   - boxes: the objects of each image in pixels of the input, with classes that the network has. Boxes without area, or with
    ///     edges that are not finite, are passed over.
    /// - Returns: the loss.
    public func callAsFunction(_ grids: [YOLOGrid], _ boxes: [[LabeledBox]]) -> Value {
        let objects = boxes.map { $0.filter { $0.box.width > 0 && $0.box.height > 0 && $0.box.area.isFinite } }
        let images = predictions(grids, count: boxes.count)
        let classes = grids.first.map { $0.values.shape[1] - 5 } ?? 0
        for object in objects.joined() {
            precondition((0..<classes).contains(object.label), "YOLOXLoss: class \(object.label) of \(classes)")
        }
        let matches = matches(objects, images)
        let positives = Double(max(matches.reduce(0) { $0 + $1.count }, 1))
        var gradients = grids.map { [Float](repeating: 0, count: $0.values.shape.count) }
        var parts = Parts()
        for (image, found) in matches.enumerated() {
            let accumulation = ImageLoss(self, images[image], scale: 1 / positives)
            accumulation.addObjectness(found, to: &parts, &gradients)
            for match in found { accumulation.add(match, objects[image][match.object], to: &parts, &gradients) }
        }
        let total = parts.box + parts.objectness + parts.classes + parts.absolute
        let rules = zip(grids, gradients).map { grid, gradient -> GradientRule in
            let slopes = Tensor(gradient, shape: grid.values.shape)
            return (grid.values, { slopes * $0.item })
        }
        return Value(
            total: Tensor([Float(total)], shape: []).recorded(as: .loss("YOLOXLoss"), rules), box: parts.box,
            objectness: parts.objectness, classes: parts.classes, absolute: parts.absolute, matches: matches)
    }

    /// The assignment of each image, on all threads.
    private func matches(_ objects: [[LabeledBox]], _ images: [CellPredictions]) -> [[SimOTA.Match]] {
        [[SimOTA.Match]](unsafeUninitializedCapacity: images.count) { found, count in
            found.initialize(repeating: [])
            count = images.count
            let all = found
            Parallel.forEach(images.count) { all[$0] = assignment.matches(objects[$0], images[$0]) }
        }
    }

    private func predictions(_ grids: [YOLOGrid], count: Int) -> [CellPredictions] {
        precondition(
            !grids.isEmpty && grids.allSatisfy { $0.values.shape[0] == count && $0.anchors.count == 1 },
            "YOLOXLoss: grids \(grids.map(\.values.shape)) for \(count) images, one box a cell expected")
        let cells = GridCell.all(of: grids)
        let values = grids.map(\.values.values)
        let shapes = grids.map(\.values.shape)
        return (0..<count).map { image in
            CellPredictions(
                cells: cells, classes: shapes[0][1] - 5, values: values,
                starts: shapes.map { image * $0[1] * $0[2] * $0[3] }, planes: shapes.map { $0[2] * $0[3] })
        }
    }

    /// The parts of the loss.
    struct Parts {
        var box = 0.0, objectness = 0.0, classes = 0.0, absolute = 0.0
    }
}

/// The loss of one image with its gradient.
private struct ImageLoss {
    let loss: YOLOXLoss
    let predictions: CellPredictions
    /// Over the number of cells that answer for an object.
    let scale: Double

    init(_ loss: YOLOXLoss, _ predictions: CellPredictions, scale: Double) {
        (self.loss, self.predictions, self.scale) = (loss, predictions, scale)
    }

    /// Objectness of all cells: 1 for those that answer for an object.
    func addObjectness(_ matches: [SimOTA.Match], to parts: inout YOLOXLoss.Parts, _ gradients: inout [[Float]]) {
        let positive = Set(matches.map(\.cell))
        for cell in predictions.cells.indices {
            let target = positive.contains(cell) ? 1.0 : 0
            parts.objectness += add(loss.objectness, 4, cell, target, &gradients)
        }
    }

    /// Classes and box of a cell that answers for an object.
    func add(
        _ match: SimOTA.Match, _ object: LabeledBox, to parts: inout YOLOXLoss.Parts, _ gradients: inout [[Float]]
    ) {
        let cell = match.cell
        for index in 0..<predictions.classes {
            parts.classes += add(.crossEntropy, 5 + index, cell, index == object.label ? match.iou : 0, &gradients)
        }
        let box = predictions.box(cell)
        let (value, slope, _) = loss.overlap(box, object.box.edges)
        parts.box += loss.boxWeight * scale * value
        let stride = predictions.cells[cell].stride
        // From edges to center and size, and from those to the raw values.
        var raw = SIMD4(
            (slope.x + slope.z) * stride, (slope.y + slope.w) * stride, (slope.z - slope.x) / 2 * (box.z - box.x),
            (slope.w - slope.y) / 2 * (box.w - box.y))
        raw *= loss.boxWeight * scale
        if loss.hasAbsoluteError {
            let target = rawTarget(object.box.edges, predictions.cells[cell])
            for channel in 0..<4 {
                let difference = predictions.raw(channel, cell) - target[channel]
                parts.absolute += scale * abs(difference)
                raw[channel] += difference > 0 ? scale : difference < 0 ? -scale : 0
            }
        }
        let level = predictions.cells[cell].level
        for channel in 0..<4 { gradients[level][predictions.index(channel, cell)] = Float(raw[channel]) }
    }

    /// What the raw values of a box should be.
    private func rawTarget(_ edges: SIMD4<Double>, _ cell: GridCell) -> SIMD4<Double> {
        SIMD4(
            (edges.x + edges.z) / 2 / cell.stride - cell.column, (edges.y + edges.w) / 2 / cell.stride - cell.row,
            log((edges.z - edges.x) / cell.stride + 1e-8), log((edges.w - edges.y) / cell.stride + 1e-8))
    }

    /// The loss of a logit, with its gradient.
    private func add(
        _ loss: ObjectnessLoss, _ channel: Int, _ cell: Int, _ target: Double, _ gradients: inout [[Float]]
    ) -> Double {
        let (value, slope) = loss(predictions.raw(channel, cell), target)
        gradients[predictions.cells[cell].level][predictions.index(channel, cell)] = Float(slope * scale)
        return value * scale
    }
}
