import CVCore

/// Repeats every pixel `factor` times in both directions, as `torch.nn.functional.interpolate(mode="nearest")`.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - factor: in both directions.
/// - Returns: [N, C, factor · H, factor · W].
public func upsampleNearest(_ x: Tensor, factor: Int) -> Tensor {
    let input = ImageShape(x.shape, for: "upsampleNearest")
    precondition(factor > 0, "upsampleNearest: factor \(factor)")
    let width = input.width * factor
    let y = Tensor(shape: [input.batch, input.channels, input.height * factor, width], from: x) { y in
        x.withValues { x in
            Parallel.forRanges(input.batch * input.channels, grain: 4) { planes in
                for row in planes.lowerBound * input.height..<planes.upperBound * input.height {
                    let from = x.baseAddress! + row * input.width
                    let to = y.baseAddress! + row * factor * width
                    for column in 0..<input.width {
                        for copy in 0..<factor { to[column * factor + copy] = from[column] }
                    }
                    for copy in 1..<max(factor, 1) { (to + copy * width).update(from: to, count: width) }
                }
            }
        }
    }
    return y.recorded(as: .upsampleNearest(factor: factor), (x, { sumOfBlocks($0, factor: factor) }))
}

/// The sum of each block of `factor` × `factor` pixels.
private func sumOfBlocks(_ dy: Tensor, factor: Int) -> Tensor {
    let output = ImageShape(dy.shape, for: "upsampleNearest gradient")
    let (height, width) = (output.height / factor, output.width / factor)
    return Tensor(shape: [output.batch, output.channels, height, width]) { dx in
        dy.withValues { dy in
            Parallel.forRanges(output.batch * output.channels, grain: 4) { planes in
                for row in planes.lowerBound * height..<planes.upperBound * height {
                    for column in 0..<width {
                        var sum: Float = 0
                        for y in 0..<factor {
                            let from = (row * factor + y) * output.width + column * factor
                            for x in 0..<factor { sum += dy[from + x] }
                        }
                        dx[row * width + column] = sum
                    }
                }
            }
        }
    }
}
