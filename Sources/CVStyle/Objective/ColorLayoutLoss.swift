import CVNN
import CVTensor

/// A loss on the coarse color layout of an image: the mean colors of the cells of a grid.
///
/// Gram matrices discard positions. Without this loss, frequent colors of a style gather in patches larger than any stroke.
package struct ColorLayoutLoss {
    private let cell: Int
    private let means: Tensor

    /// The number of cells along the longer side.
    private static let cells = 24

    /// Stores the layout of the target; x: [1, 3, H, W], RGB from 0 to 1.
    package init(_ x: Tensor) {
        let (height, width) = (x.shape[2], x.shape[3])
        cell = max(1, min(max(height, width) / Self.cells, min(height, width)))
        means = Self.means(x, cell)
    }

    /// The mean squared difference of the cells; x: of the shape of the target.
    package func loss(_ x: Tensor) -> Tensor { squaredError(Self.means(x, cell), means) }

    private static func means(_ x: Tensor, _ cell: Int) -> Tensor {
        AvgPool2d(cell, ceilMode: true)(x)
    }
}
