extension Shape {
    /// The common shape that both can be broadcast to, as `torch.broadcast_shapes`: [4, 1, 3] and [5, 1] give [4, 5,
    /// 3].
    ///
    /// - Parameter other: compared dimension by dimension from the last.
    /// - Returns: nil if the shapes cannot be broadcast.
    public func broadcast(with other: Shape) -> Shape? {
        let rank = Swift.max(self.rank, other.rank)
        let (a, b) = (padded(to: rank), other.padded(to: rank))
        var result: [Int] = []
        for (x, y) in zip(a, b) {
            guard x == y || x == 1 || y == 1 else { return nil }
            result.append(x == 1 ? y : x)
        }
        return Shape(result)
    }

    /// The dimensions with ones prepended.
    fileprivate func padded(to rank: Int) -> [Int] {
        [Int](repeating: 1, count: rank - self.rank) + dimensions
    }
}

extension Tensor {
    /// The tensor repeated along dimensions of size 1, as `torch.broadcast_to`.
    ///
    /// - Parameter shape: a shape that this one can be broadcast to.
    /// - Returns: the values in that shape.
    public func broadcast(to shape: Shape) -> Tensor {
        if self.shape == shape { return self }
        let walk = BroadcastWalk(from: self.shape, to: shape)
        let y = Tensor(shape: shape, from: self) { y in
            withValues { x in
                walk.forEachRow { row, start in
                    let to = y.baseAddress! + row * walk.length
                    if walk.step == 1 {
                        to.update(from: x.baseAddress! + start, count: walk.length)
                    } else {
                        to.update(repeating: x[start], count: walk.length)
                    }
                }
            }
        }
        let own = self.shape
        return y.recorded(as: .broadcast(shape), (self, { $0.sum(to: own) }))
    }

    /// The sum over the dimensions along which `shape` would be broadcast to that of this tensor: the gradient of
    /// `broadcast(to:)`, as `torch.Tensor.sum_to_size`.
    ///
    /// - Parameter shape: a shape that can be broadcast to this one.
    /// - Returns: the sums in that shape.
    public func sum(to shape: Shape) -> Tensor {
        if self.shape == shape { return self }
        let walk = BroadcastWalk(from: shape, to: self.shape)
        let sums = Tensor(shape: shape, from: self) { sums in
            sums.initialize(repeating: 0)
            withValues { y in
                walk.forEachRow { row, start in
                    let from = y.baseAddress! + row * walk.length
                    if walk.step == 1 {
                        for index in 0..<walk.length { sums[start + index] += from[index] }
                    } else {
                        var sum: Float = 0
                        for index in 0..<walk.length { sum += from[index] }
                        sums[start] += sum
                    }
                }
            }
        }
        let whole = self.shape
        return sums.recorded(as: .sum(shape), (self, { $0.broadcast(to: whole) }))
    }
}

/// The rows of a large tensor, with the offset in a small one that each corresponds to.
private struct BroadcastWalk {
    private let dimensions: [Int]
    private let steps: [Int]
    /// Elements of a row, and how far the small tensor moves from one to the next: 1, or 0 where it is repeated.
    let length, step: Int

    init(from small: Shape, to large: Shape) {
        precondition(
            small.broadcast(with: large) == large, "\(small) cannot be broadcast to \(large)")
        let sizes = small.padded(to: large.rank)
        var steps = [Int](repeating: 0, count: large.rank)
        var step = 1
        for index in sizes.indices.reversed() {
            steps[index] = sizes[index] == 1 ? 0 : step
            step *= sizes[index]
        }
        dimensions = Array(large.dimensions.dropLast())
        length = large.dimensions.last ?? 1
        self.step = steps.last == 0 && length > 1 ? 0 : 1
        self.steps = Array(steps.dropLast())
    }

    func forEachRow(_ body: (_ row: Int, _ start: Int) -> Void) {
        let rows = dimensions.reduce(1, *)
        var position = [Int](repeating: 0, count: dimensions.count)
        var start = 0
        for row in 0..<rows where length > 0 {
            body(row, start)
            for index in dimensions.indices.reversed() {
                position[index] += 1
                start += steps[index]
                if position[index] < dimensions[index] { break }
                start -= steps[index] * dimensions[index]
                position[index] = 0
            }
        }
    }
}
