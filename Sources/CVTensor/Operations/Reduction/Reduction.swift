/// The sum over some dimensions, as `torch.sum`; negative ones count from the last.
///
/// They stay as 1 with `keepDimensions`, else they are dropped.
public func sum(_ x: Tensor, over dimensions: [Int], keepDimensions: Bool = false) -> Tensor {
    let axes = Set(dimensions.map { x.shape.axis(of: $0, for: "sum") })
    let sizes = x.shape.dimensions
    let total = sum(x, to: Shape(sizes.indices.map { axes.contains($0) ? 1 : sizes[$0] }))
    if keepDimensions { return total }
    return total.reshaped(Shape(sizes.indices.filter { !axes.contains($0) }.map { sizes[$0] }))
}

/// The mean over some dimensions, as `torch.mean`. See `sum(_:over:keepDimensions:)`.
public func mean(_ x: Tensor, over dimensions: [Int], keepDimensions: Bool = false) -> Tensor {
    let count = Set(dimensions.map { x.shape.axis(of: $0, for: "mean") }).reduce(1) { $0 * x.shape[$1] }
    return sum(x, over: dimensions, keepDimensions: keepDimensions) * (1 / Float(count))
}

extension Shape {
    /// The place of a dimension that may be counted from the last: -1 is the last.
    func axis(of dimension: Int, for operation: String) -> Int {
        precondition(dimension >= -rank && dimension < rank, "\(operation): dimension \(dimension) of \(self)")
        return dimension < 0 ? dimension + rank : dimension
    }
}
