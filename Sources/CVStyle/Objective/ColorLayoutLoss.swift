import CVNN
import CVTensor

/// Which colours a picture has where, coarsely: the mean colours of the cells of a grid.
///
/// Gram matrices do not know of places. Without this, colours that a style has much of gather where its strokes fit best,
/// in patches that are larger than any stroke.
package struct ColorLayoutLoss {
    private let cell: Int
    private let means: Tensor

    /// Cells of a picture's longer side.
    private static let cells = 24

    /// x: [1, 3, H, W], RGB from 0 to 1: what others are compared with.
    package init(_ x: Tensor) {
        let (height, width) = (x.shape[2], x.shape[3])
        cell = max(1, min(max(height, width) / Self.cells, min(height, width)))
        means = Self.means(x, cell)
    }

    /// The mean square of the cells' differences. x: of the same shape.
    package func cost(_ x: Tensor) -> Tensor { squaredError(Self.means(x, cell), means) }

    private static func means(_ x: Tensor, _ cell: Int) -> Tensor {
        AvgPool2d(cell, ceilMode: true)(x)
    }
}
