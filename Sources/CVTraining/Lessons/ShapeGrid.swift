import CVCore
import CVDetection
import CVImage
import CVModels
import CVTensor

/// How boxes are written into the cells of a grid, and read from them. One cell is the whole image.
///
/// b_x and b_y are the center of the box in its cell, (0, 0) being the cell's upper left corner and (1, 1) the lower right one.
/// Without anchors b_h and b_w are the square roots of height and width in cells, as in YOLO (Redmon et al. 2016,
/// arXiv:1506.02640): a pixel more of a small box counts more than one of a large box. With anchors they are the logarithms of
/// height and width over those of the anchor, as in its second version (arXiv:1612.08242).
public struct ShapeGrid: Sendable, Equatable {
    /// The shape of a box that others are measured by, in pixels of the image.
    public typealias Anchor = YOLOGrid.Anchor

    /// The number of cells of a row, and of a column.
    public let cells: Int
    /// The forms of the boxes of a cell; empty for one box of any form.
    public let anchors: [Anchor]
    /// The side of a cell in pixels.
    public let stride: Float

    /// - Parameters:
    ///   - cells: the number of cells of a row, and of a column.
    ///   - side: of the image, in pixels.
    ///   - anchors: the forms of the boxes of a cell; empty for one box of any form.
    public init(cells: Int, side: Int = ShapeScene.side, anchors: [Anchor] = []) {
        precondition(cells > 0 && side > 0, "\(cells) cells of \(side) pixels")
        (self.cells, self.anchors, stride) = (cells, anchors, Float(side) / Float(cells))
    }

    // MARK: Targets

    /// The place that answers for a box: the cell that its center lies in, and the anchor with the highest IoU.
    ///
    /// - Parameter box: in pixels, with its center in the image.
    /// - Returns: the place.
    public func place(of box: Box) -> ShapePlace {
        func cell(_ position: Float) -> Int {
            min(max(Int(clamping: (position / stride).rounded(.down)), 0), cells - 1)
        }
        // The first of equal ones.
        let best = anchors.indices.max { (anchors[$0].shapeIoU(box), $1) < (anchors[$1].shapeIoU(box), $0) }
        return ShapePlace(row: cell(box.center.y), column: cell(box.center.x), anchor: best ?? 0)
    }

    /// The places that answer for the shapes of an image. If two shapes want the same, the first has it: the grid cannot say both.
    ///
    /// - Parameter shapes: with their boxes in pixels.
    /// - Returns: what the network should say.
    public func targets(_ shapes: [DrawnShape]) -> ShapeTargets {
        let pairs = shapes.map { shape in
            let place = place(of: shape.box)
            return (place, ShapeTarget(coordinates: coordinates(of: shape.box, at: place), label: shape.label))
        }
        return ShapeTargets(pairs) { first, _ in first }
    }

    /// A box as a network should write it at a place.
    ///
    /// - Parameters:
    ///   - box: in pixels.
    ///   - place: that answers for it.
    /// - Returns: b_x, b_y, b_h, b_w.
    public func coordinates(of box: Box, at place: ShapePlace) -> [Float] {
        let center = [box.center.x / stride - Float(place.column), box.center.y / stride - Float(place.row)]
        guard !anchors.isEmpty else {
            return center + [(box.height / stride).squareRoot(), (box.width / stride).squareRoot()]
        }
        let anchor = anchors[place.anchor]
        return center + [log(box.height / anchor.height), log(box.width / anchor.width)]
    }

    // MARK: Predictions

    /// The box that a network has written at a place.
    ///
    /// - Parameters:
    ///   - coordinates: b_x, b_y, b_h, b_w.
    ///   - place: where they stand.
    /// - Returns: in pixels.
    public func box(_ coordinates: [Float], at place: ShapePlace) -> Box {
        let x = (coordinates[0] + Float(place.column)) * stride
        let y = (coordinates[1] + Float(place.row)) * stride
        let (height, width) = size(coordinates[2], coordinates[3], place)
        return Box(minX: x - width / 2, minY: y - height / 2, maxX: x + width / 2, maxY: y + height / 2)
    }

    private func size(_ height: Float, _ width: Float, _ place: ShapePlace) -> (height: Float, width: Float) {
        guard !anchors.isEmpty else {
            // Below 0 there is no root: nothing is smaller than a point.
            func square(_ root: Float) -> Float { max(root, 0) * max(root, 0) * stride }
            return (square(height), square(width))
        }
        let anchor = anchors[place.anchor]
        // e^5 times an anchor is larger than the image.
        return (anchor.height * exp(min(height, 5)), anchor.width * exp(min(width, 5)))
    }

    /// All boxes of an image that a network is sure enough of, before non-max suppression.
    ///
    /// - Parameters:
    ///   - output: of a network.
    ///   - image: its index in the batch.
    ///   - confidence: the least p_c · class probability.
    /// - Returns: the class with the highest probability of each place.
    public func candidates(_ output: ShapeOutput, image: Int, confidence: Float) -> [Candidate] {
        output.places.compactMap { place in
            let vector = output.vector(image, place)
            let classes = vector.classProbabilities
            let label = classes.indices.max { (classes[$0], $1) < (classes[$1], $0) } ?? 0
            let score = vector.presence * (classes.isEmpty ? 1 : classes[label])
            guard score >= confidence else { return nil }
            return Candidate(classIndex: label, confidence: score, box: box(vector.coordinates, at: place))
        }
    }
}

extension YOLOGrid.Anchor {
    /// The IoU with a box that has the same center.
    ///
    /// - Parameter box: of any position, in the same pixels.
    /// - Returns: 1 for the same shape.
    package func shapeIoU(_ box: Box) -> Float {
        Float(
            AnchorLoss.shapeIoU(
                (Double(width), Double(height)), (Double(box.width), Double(box.height))))
    }
}
