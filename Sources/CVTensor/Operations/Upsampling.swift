import CVCore

/// Every pixel `factor` times in both directions, as `torch.nn.functional.interpolate(mode="nearest")`.
///
/// x: [N, C, H, W] -> [N, C, factor · H, factor · W].
public func upsampleNearest(_ x: Tensor, factor: Int) -> Tensor {
    let input = PictureShape(x.shape, for: "upsampleNearest")
    precondition(factor > 0, "upsampleNearest: factor \(factor)")
    let width = input.width * factor
    return Tensor(shape: [input.batch, input.channels, input.height * factor, width]) { y in
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
}
