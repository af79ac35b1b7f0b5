import CVCore
import CVTensor

/// Total variation: the mean of (a - b)² over all pairs of horizontal and vertical neighbors, a measure of noise.
///
/// With squares instead of the roots of Mahendran & Vedaldi (2014, arXiv:1412.0035), the loss of an edge is lower when it
/// is spread over several pixels.
///
/// - Parameter x: [N, C, H, W].
/// - Returns: a scalar, [], in squared units of x; 0 for images of one pixel.
public func totalVariation(_ x: Tensor) -> Tensor {
    precondition(x.shape.rank == 4, "totalVariation: [N, C, H, W] expected, found \(x.shape)")
    let (height, width) = (x.shape[2], x.shape[3])
    let rows = x.shape[0] * x.shape[1] * height
    let pairs = rows * (width - 1) + x.shape[0] * x.shape[1] * width * (height - 1)
    let scale = 1 / Double(max(pairs, 1))
    let sum =
        x.isShapeOnly
        ? 0
        : x.withValues { x in
            sumInPieces(rows, grain: 1 + 8192 / max(width, 1)) { rows in
                var sum = 0.0
                for row in rows {
                    let line = x.baseAddress! + row * width
                    let hasNext = row % height < height - 1
                    for column in 0..<width {
                        let right = column < width - 1 ? line[column + 1] - line[column] : 0
                        let down = hasNext ? line[column + width] - line[column] : 0
                        sum += Double(right * right + down * down)
                    }
                }
                return sum
            }
        }
    let pixels = x.detached
    return scalar(from: x) { sum * scale }.recorded(
        as: .loss("totalVariation"), (x, { variationGradient($0.item * Float(2 * scale), pixels) }))
}

/// `factor` · the sum of each pixel's differences from its neighbors.
private func variationGradient(_ factor: Float, _ x: Tensor) -> Tensor {
    let (height, width) = (x.shape[2], x.shape[3])
    return Tensor(shape: x.shape) { dx in
        nonisolated(unsafe) let dx = dx
        x.withValues { x in
            nonisolated(unsafe) let x = x
            Parallel.forRanges(width == 0 ? 0 : x.count / width, grain: 1 + 8192 / max(width, 1)) { rows in
                for row in rows {
                    let start = row * width
                    let (isFirst, isLast) = (row % height == 0, row % height == height - 1)
                    for index in start..<start + width {
                        var sum: Float = 0
                        if index > start { sum += x[index] - x[index - 1] }
                        if index < start + width - 1 { sum += x[index] - x[index + 1] }
                        if !isFirst { sum += x[index] - x[index - width] }
                        if !isLast { sum += x[index] - x[index + width] }
                        dx[index] = factor * sum
                    }
                }
            }
        }
    }
}
