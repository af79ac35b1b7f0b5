import CVImage

/// The steps by which the course arrives at a detector, each as a small network for images that are drawn.
///
/// `cvtool train shapes box` trains the first. The articles "Detect one object" and "Detect many objects" explain all four.
public enum ShapeLesson: String, Sendable, CaseIterable {
    /// Classification with localization: whether there is a shape, its box, its class.
    case box
    /// Landmarks: whether there is a sheet, and its four corners.
    case corners
    /// Several shapes: the cell of a grid that the center lies in answers for it, with one box a cell.
    case grid
    /// Shapes that overlap: several boxes a cell, each of its own form, and non-max suppression.
    case anchors

    /// What shapes are called.
    public static let classes = ["ellipse", "rectangle", "triangle"]

    /// The cells and anchors of the network's output; nil for corners, which are no boxes.
    public var grid: ShapeGrid? {
        switch self {
        case .box: ShapeGrid(cells: 1)
        case .corners: nil
        case .grid: ShapeGrid(cells: 8)
        case .anchors: ShapeGrid(cells: 8, anchors: [.init(22, 22), .init(34, 15), .init(15, 34)])
        }
    }

    /// What the output of the network means.
    public var layout: ShapeLayout {
        switch self {
        case .box, .grid: ShapeLayout(coordinates: 4, classes: Self.classes.count)
        case .corners: ShapeLayout(coordinates: 8, classes: 0)
        case .anchors: ShapeLayout(coordinates: 4, classes: Self.classes.count, boxesPerCell: 3)
        }
    }
}

/// The output of a network of these lessons: in each cell, for each of its boxes, the vector y = (p_c, coordinates, classes).
///
/// A tensor [N, boxesPerCell · (1 + coordinates + classes), rows, columns], box by box.
public struct ShapeLayout: Sendable, Equatable {
    /// The number of coordinates: 4 for b_x, b_y, b_h, b_w.
    public let coordinates: Int
    /// The number of classes; 0 if there is only one kind of object.
    public let classes: Int
    /// The number of vectors in a cell.
    public let boxesPerCell: Int

    /// - Parameters:
    ///   - coordinates: the number of coordinates.
    ///   - classes: the number of classes.
    ///   - boxesPerCell: the number of vectors in a cell.
    public init(coordinates: Int, classes: Int, boxesPerCell: Int = 1) {
        (self.coordinates, self.classes, self.boxesPerCell) = (coordinates, classes, boxesPerCell)
    }

    /// The length of y.
    public var length: Int { 1 + coordinates + classes }
    /// The number of channels of the output.
    public var channels: Int { boxesPerCell * length }
}

/// One vector of the output: which cell, and which of its boxes.
public struct ShapePlace: Sendable, Hashable {
    /// The row of the cell, from 0 at the top.
    public let row: Int
    /// The column of the cell, from 0 at the left.
    public let column: Int
    /// Which of the cell's boxes; 0 if there is one.
    public let anchor: Int

    /// - Parameters:
    ///   - row: of the cell.
    ///   - column: of the cell.
    ///   - anchor: which of the cell's boxes.
    public init(row: Int, column: Int, anchor: Int = 0) { (self.row, self.column, self.anchor) = (row, column, anchor) }
}

/// What a vector of the output should say, where there is an object: p_c = 1, and the rest of y.
public struct ShapeTarget: Sendable, Equatable {
    /// As the network should give them.
    public var coordinates: [Float]
    /// The class; nil if there are none.
    public var label: Int?

    /// - Parameters:
    ///   - coordinates: as the network should give them.
    ///   - label: the class.
    public init(coordinates: [Float], label: Int? = nil) { (self.coordinates, self.label) = (coordinates, label) }
}

/// The places that answer for the objects of an image, with what they should say. All others should say p_c = 0.
public typealias ShapeTargets = [ShapePlace: ShapeTarget]
