import CVCore
import CVImage
import CVModels

/// One output scale of a YOLO v3, v4 or X network: a grid in which each cell proposes one box per anchor.
///
/// The layout of the network's values is `[anchors × (5 + classes), gridHeight, gridWidth]`, anchor by anchor, as in
/// darknet: channel `anchor · (5 + classes) + {x, y, w, h, objectness, class 0, class 1, …}`.
/// Redmon and Farhadi 2018, arXiv:1804.02767; Bochkovskiy et al. 2020, arXiv:2004.10934.
public struct YOLOHead: Sendable, Equatable {
    /// A box shape that predictions are relative to, in pixels of the network's input.
    public typealias Anchor = YOLOGrid.Anchor

    /// The encoding of boxes in the network's values.
    public enum Coordinates: Sendable, Equatable {
        /// YOLO v3 and v4: logits; the size is `anchor · e^t`.
        case exponential
        /// Scaled-YOLOv4 (darknet's `new_coords=1`, arXiv:2011.08036): the network applies the sigmoid itself; the size is
        /// `anchor · (2t)²`.
        case squared
        /// YOLOX (arXiv:2107.08430): the center is the cell's corner plus t cells, the size is `anchor · e^t`; of each box only
        /// the best class counts.
        case offset
    }

    /// The anchors of this scale.
    public let anchors: [Anchor]
    /// The number of classes.
    public let classCount: Int
    /// The width of the grid in cells.
    public let gridWidth: Int
    /// The height of the grid in cells.
    public let gridHeight: Int
    /// The width of the network's input in pixels; a cell covers `inputWidth / gridWidth` of them.
    public let inputWidth: Int
    /// The height of the network's input in pixels.
    public let inputHeight: Int
    /// The scale of a center's range relative to its cell: darknet's `scale_x_y`, 1 for v3.
    public let scaleXY: Float
    /// The encoding of boxes.
    public let coordinates: Coordinates

    /// Creates a head.
    ///
    /// - Parameters:
    ///   - anchors: the anchors of this scale, in pixels of the input.
    ///   - classCount: the number of classes.
    ///   - gridWidth: in cells.
    ///   - gridHeight: in cells.
    ///   - inputWidth: in pixels.
    ///   - inputHeight: in pixels.
    ///   - scaleXY: darknet's `scale_x_y`.
    ///   - coordinates: the encoding of boxes.
    public init(
        anchors: [Anchor], classCount: Int, gridWidth: Int, gridHeight: Int, inputWidth: Int, inputHeight: Int,
        scaleXY: Float = 1, coordinates: Coordinates = .exponential
    ) {
        precondition(
            classCount > 0 && gridWidth > 0 && gridHeight > 0 && inputWidth > 0 && inputHeight > 0,
            "a head of \(classCount) classes, \(gridWidth)×\(gridHeight) cells, \(inputWidth)×\(inputHeight) pixels")
        self.anchors = anchors
        self.classCount = classCount
        self.gridWidth = gridWidth
        self.gridHeight = gridHeight
        self.inputWidth = inputWidth
        self.inputHeight = inputHeight
        self.scaleXY = scaleXY
        self.coordinates = coordinates
    }

    /// The number of the network's values for one image.
    public var valueCount: Int { anchors.count * (5 + classCount) * gridHeight * gridWidth }

    /// Decodes the network's values for one image.
    ///
    /// A pair of box and class with a NaN or infinite value is skipped; a size that overflows is clamped to a large one.
    /// Boxes may extend beyond the input.
    ///
    /// - Parameters:
    ///   - values: `valueCount` floats in the layout of the network.
    ///   - confidence: the minimum of objectness × class score, from 0 to 1.
    /// - Returns: one candidate for each pair of box and class, anchor by anchor, row by row.
    public func decode(_ values: [Float], confidence: Float) -> [Candidate] {
        var candidates: [Candidate] = []
        values.withUnsafeBufferPointer { decode($0, confidence: confidence, into: &candidates) }
        return candidates
    }

    /// Decodes the network's values for one image, appending to an array.
    ///
    /// - Parameters:
    ///   - values: `valueCount` floats in the layout of the network.
    ///   - confidence: the minimum of objectness × class score, from 0 to 1.
    ///   - candidates: receives one candidate for each pair of box and class.
    ///   - limit: at twice this number, candidates are reduced to the `limit` most confident. The dropped ones would not
    ///     suppress any of the others.
    public func decode(
        _ values: UnsafeBufferPointer<Float>, confidence: Float, into candidates: inout [Candidate], limit: Int = .max
    ) {
        precondition(values.count == valueCount, "\(valueCount) values expected, found \(values.count)")
        let cells = gridWidth * gridHeight
        // No class score exceeds 1, so objectness alone excludes nearly all boxes before any exp().
        let lowest = lowestValue(for: confidence)
        for (index, anchor) in anchors.enumerated() {
            let plane = index * (5 + classCount) * cells
            let objectness = values[(plane + 4 * cells)..<(plane + 5 * cells)]
            for (cell, value) in objectness.enumerated() where value >= lowest && value.isFinite {
                appendClasses(
                    values, at: plane + cell, cell: cell, anchor: anchor, objectness: probability(value),
                    confidence: confidence, into: &candidates)
                if candidates.count / 2 >= limit { candidates.keepMostConfident(limit) }
            }
        }
    }

    /// Appends a candidate for each class of one anchor and cell.
    ///
    /// - Parameter start: the index of the x value; the other values follow in steps of one plane.
    private func appendClasses(
        _ values: UnsafeBufferPointer<Float>, at start: Int, cell: Int, anchor: Anchor, objectness: Float,
        confidence: Float, into candidates: inout [Candidate]
    ) {
        let cells = gridWidth * gridHeight
        let limit = lowestValue(for: confidence / objectness)
        var box: Box?
        func classes() -> Range<Int> {
            guard coordinates == .offset else { return 0..<classCount }
            var best = 0
            for index in 1..<classCount where values[start + (5 + index) * cells] > values[start + (5 + best) * cells] {
                best = index
            }
            return best..<best + 1
        }
        for index in classes() {
            let value = values[start + (5 + index) * cells]
            guard value >= limit, value.isFinite else { continue }
            let score = objectness * probability(value)
            guard score >= confidence else { continue }
            if box == nil {
                let raw = (
                    values[start], values[start + cells], values[start + 2 * cells], values[start + 3 * cells]
                )
                box = self.box(raw, column: cell % gridWidth, row: cell / gridWidth, anchor: anchor)
            }
            guard let box else { return }
            candidates.append(Candidate(classIndex: index, confidence: score, box: box))
        }
    }

    /// Nil for values that are NaN or infinite.
    private func box(_ raw: (x: Float, y: Float, w: Float, h: Float), column: Int, row: Int, anchor: Anchor) -> Box? {
        guard raw.x.isFinite, raw.y.isFinite, raw.w.isFinite, raw.h.isFinite else { return nil }
        let shift = (scaleXY - 1) / 2
        func offset(_ value: Float) -> Float { coordinates == .offset ? value : activated(value) * scaleXY - shift }
        let x = (offset(raw.x) + Float(column)) / Float(gridWidth) * Float(inputWidth)
        let y = (offset(raw.y) + Float(row)) / Float(gridHeight) * Float(inputHeight)
        let width = anchor.width * scale(raw.w)
        let height = anchor.height * scale(raw.h)
        let box = Box(minX: x - width / 2, minY: y - height / 2, maxX: x + width / 2, maxY: y + height / 2)
        return box.isFinite ? box : nil
    }

    private func activated(_ value: Float) -> Float {
        coordinates == .squared ? value : 1 / (1 + exp(-value))
    }

    /// Clamped to 0 to 1: with `.squared` the network's values are unchecked.
    private func probability(_ value: Float) -> Float { min(max(activated(value), 0), 1) }

    private func scale(_ value: Float) -> Float {
        switch coordinates {
        // e^20 times any anchor is finite and larger than any image.
        case .exponential, .offset: exp(min(value, 20))
        case .squared: 4 * value * value
        }
    }

    /// A lower bound of the values whose activation reaches `probability`.
    ///
    /// Slightly too low, so that rounding loses no pair: the product is compared exactly afterwards.
    private func lowestValue(for probability: Float) -> Float {
        guard coordinates == .squared else { return lowestLogit(for: probability) }
        let safe = probability - probabilitySlack
        // Also for NaN, the result of 0 / 0: then every value passes.
        return safe > 0 ? safe : -.infinity
    }
}

/// What lower bounds of scores are lower by, against rounding: scores are compared exactly afterwards.
private let probabilitySlack: Float = 1e-5

/// A lower bound of the logits whose sigmoid reaches a probability; minus infinity for 0 and less, and for NaN: then every value passes.
func lowestLogit(for probability: Float) -> Float {
    let safe = probability - probabilitySlack
    guard safe > 0 else { return -.infinity }
    return safe < 1 ? log(safe / (1 - safe)) : .infinity
}

extension Box {
    /// Whether no coordinate is NaN or infinite.
    package var isFinite: Bool { minX.isFinite && minY.isFinite && maxX.isFinite && maxY.isFinite }
}
