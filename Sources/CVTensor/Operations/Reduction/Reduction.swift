extension Tensor {
    /// The sum over some dimensions, as `torch.sum`.
    ///
    /// - Parameters:
    ///   - dimensions: to sum over; negative ones count from the last.
    ///   - keepDimensions: whether they stay with size 1 instead of being dropped.
    /// - Returns: the sums, with the shape of the remaining dimensions.
    public func sum(over dimensions: [Int], keepDimensions: Bool = false) -> Tensor {
        let axes = Set(dimensions.map { shape.axis(of: $0, for: "sum") })
        let sizes = shape.dimensions
        let total = sum(to: Shape(sizes.indices.map { axes.contains($0) ? 1 : sizes[$0] }))
        if keepDimensions { return total }
        return total.reshaped(Shape(sizes.indices.filter { !axes.contains($0) }.map { sizes[$0] }))
    }

    /// The mean over some dimensions, as `torch.mean`.
    ///
    /// - Parameters:
    ///   - dimensions: to average over; negative ones count from the last.
    ///   - keepDimensions: whether they stay with size 1 instead of being dropped.
    /// - Returns: the means, with the shape of the remaining dimensions.
    public func mean(over dimensions: [Int], keepDimensions: Bool = false) -> Tensor {
        let count = Set(dimensions.map { shape.axis(of: $0, for: "mean") }).reduce(1) { $0 * shape[$1] }
        return sum(over: dimensions, keepDimensions: keepDimensions) * (1 / Float(count))
    }
}

extension Shape {
    /// The index of a dimension that may be counted from the last: -1 is the last.
    func axis(of dimension: Int, for operation: String) -> Int {
        precondition(dimension >= -rank && dimension < rank, "\(operation): dimension \(dimension) of \(self)")
        return dimension < 0 ? dimension + rank : dimension
    }
}
