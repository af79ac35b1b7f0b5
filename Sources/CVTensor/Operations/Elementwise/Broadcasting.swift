extension Shape {
    /// The shape that both can be repeated to, dimension by dimension from the last; nil if there is none.
    ///
    /// [4, 1, 3] and [5, 1] give [4, 5, 3].
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

    /// With dimensions of 1 before the first.
    fileprivate func padded(to rank: Int) -> [Int] {
        [Int](repeating: 1, count: rank - self.rank) + dimensions
    }
}

/// The tensor repeated along dimensions of size 1, as `torch.broadcast_to`.
public func broadcast(_ x: Tensor, to shape: Shape) -> Tensor {
    if x.shape == shape { return x }
    let walk = BroadcastWalk(from: x.shape, to: shape)
    let y = Tensor(shape: shape, from: x) { y in
        x.withValues { x in
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
    let own = x.shape
    return y.recorded(as: .broadcast(shape), (x, { sum($0, to: own) }))
}

/// The sum over the dimensions along which `shape` would be broadcast to that of `y`: the gradient of `broadcast`.
public func sum(_ y: Tensor, to shape: Shape) -> Tensor {
    if y.shape == shape { return y }
    let walk = BroadcastWalk(from: shape, to: y.shape)
    let sums = Tensor(shape: shape, from: y) { sums in
        sums.initialize(repeating: 0)
        y.withValues { y in
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
    let whole = y.shape
    return sums.recorded(as: .sum(shape), (y, { broadcast($0, to: whole) }))
}

/// The rows of a large tensor, with the place in a small one that each belongs to.
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
