import CVModels
import CVTensor
import Foundation

/// A cell of one of the grids of a detector.
struct GridCell: Sendable {
    /// Which grid.
    let level: Int
    /// The position in the grid, row by row.
    let position: Int
    let column, row: Double
    /// Pixels of the input from one cell to the next.
    let stride: Double

    var centerX: Double { (column + 0.5) * stride }
    var centerY: Double { (row + 0.5) * stride }

    /// All cells of grids [N, C, H, W], the first grid first, row by row.
    static func all(of grids: [YOLOGrid]) -> [GridCell] {
        grids.enumerated().flatMap { level, grid in
            let (height, width) = (grid.values.shape[2], grid.values.shape[3])
            let stride = grid.anchors.first.map { Double($0.width) } ?? 1
            return (0..<height * width).map { position in
                GridCell(
                    level: level, position: position, column: Double(position % width),
                    row: Double(position / width), stride: stride)
            }
        }
    }
}

/// The raw values of one image in the grids of YOLOX.
struct CellPredictions: Sendable {
    let cells: [GridCell]
    let classes: Int
    /// Of each grid [N, 5 + classes, H, W].
    let values: [[Float]]
    /// The first value of the image in each grid, and the values of one channel.
    let starts, planes: [Int]

    /// Where a value of a cell stands in the values of its grid.
    func index(_ channel: Int, _ cell: Int) -> Int {
        let cell = cells[cell]
        return starts[cell.level] + channel * planes[cell.level] + cell.position
    }

    /// A raw value: x, y, width, height, objectness, classes.
    func raw(_ channel: Int, _ cell: Int) -> Double { Double(values[cells[cell].level][index(channel, cell)]) }

    /// The predicted box: left, top, right, bottom in pixels of the input.
    func box(_ cell: Int) -> SIMD4<Double> {
        let place = cells[cell]
        let x = (raw(0, cell) + place.column) * place.stride
        let y = (raw(1, cell) + place.row) * place.stride
        let (width, height) = (exp(raw(2, cell)) * place.stride, exp(raw(3, cell)) * place.stride)
        return SIMD4(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    }

    /// The geometric mean of the probabilities of an object and of each class.
    func scores(_ cell: Int) -> [Double] {
        let objectness = probability(raw(4, cell))
        return (0..<classes).map { (probability(raw(5 + $0, cell)) * objectness).squareRoot() }
    }
}

/// The sigmoid.
func probability(_ logit: Double) -> Double { 1 / (1 + exp(-logit)) }
