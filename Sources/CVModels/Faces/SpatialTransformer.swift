import CVCore
import CVNN
import CVTensor

/// Cuts turned rectangles out of feature maps, as a spatial transformer does (Jaderberg et al. 2015, arXiv:1506.02025). Gradients
/// flow to the maps, not to where the rectangles are.
enum SpatialTransformer {
    /// The cells of a crop on each side.
    static let side = 16
    /// Pixels of the network's input for a cell of the feature maps.
    private static let stride: Float = 4

    /// A crop of each item, by bilinear interpolation between the centers of the cells; outside of the maps are zeros.
    ///
    /// - Parameters:
    ///   - maps: [N, C, H, W] at a quarter of the input's size.
    ///   - frames: of each item, in pixels of the input.
    /// - Returns: [N, C, 16, 16].
    static func crops(of maps: Tensor, _ frames: [CropFrame]) -> Tensor {
        let (count, channels, height, width) = (maps.shape[0], maps.shape[1], maps.shape[2], maps.shape[3])
        precondition(frames.count == count, "\(frames.count) frames for \(count) items")
        let crops = frames.enumerated().map { item, frame in
            let cells = selectRows(maps, [item]).reshaped([channels, height * width]).transposed()  // [H · W, C]
            let parts = Corner.allCases.map { corner in
                let taps = Self.taps(frame, corner, width: width, height: height)
                return selectRows(cells, taps.map(\.cell)) * Tensor(taps.map(\.weight), shape: [side * side, 1])
            }
            return parts.dropFirst().reduce(parts[0]) { $0 + $1 }.transposed()  // [C, 16 · 16]
        }
        return stacked(crops, [count, channels, side, side])
    }

    /// One of the four cells between whose centers a position lies.
    private enum Corner: CaseIterable {
        case topLeft, topRight, bottomLeft, bottomRight

        var isRight: Bool { self == .topRight || self == .bottomRight }
        var isBottom: Bool { self == .bottomLeft || self == .bottomRight }
    }

    /// For each cell of a crop one of the four cells of the maps that it is made of, and its weight: 0 outside.
    private static func taps(
        _ frame: CropFrame, _ corner: Corner, width: Int, height: Int
    ) -> [(cell: Int, weight: Float)] {
        (0..<side * side).map { index in
            let fraction = 1 / Float(side)
            let position = frame.position(
                (Float(index % side) + 0.5) * fraction, (Float(index / side) + 0.5) * fraction)
            let (x, y) = (position.x / stride - 0.5, position.y / stride - 0.5)
            guard x > -1, y > -1, x < Float(width), y < Float(height) else { return (0, 0) }
            let (left, top) = (x.rounded(.down), y.rounded(.down))
            let (column, row) = (
                Int(clamping: left) + (corner.isRight ? 1 : 0), Int(clamping: top) + (corner.isBottom ? 1 : 0)
            )
            guard (0..<width).contains(column), (0..<height).contains(row) else { return (0, 0) }
            let (across, down) = (x - left, y - top)
            return (row * width + column, (corner.isRight ? across : 1 - across) * (corner.isBottom ? down : 1 - down))
        }
    }
}
