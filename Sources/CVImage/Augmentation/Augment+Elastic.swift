import CVCore

extension Augment {
    /// Pulled and pushed a little at every place, as rubber (Simard, Steinkraus and Platt 2003, "Best practices for
    /// convolutional neural networks"; with the coarse grid of Ronneberger et al. 2015, arXiv:1505.04597).
    public struct Elastic: Augmentation {
        /// How many cells of the grid of random shifts the longer side has.
        public var cells: Int
        /// The largest shift of a grid point, in cells. Below a third nothing folds over.
        public var strength: Double
        public var border: Border

        public init(cells: Int = 5, strength: Double = 0.3, border: Border = .reflect) {
            precondition((1...100).contains(cells), "\(cells) cells: 1 to 100 expected")
            precondition((0...0.33).contains(strength), "a strength of \(strength): 0 to 0.33 expected")
            (self.cells, self.strength, self.border) = (cells, strength, border)
        }

        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let field = ElasticField(
                width: sample.image.width, height: sample.image.height, cells: cells, strength: strength, &random)
            return sample.warped(by: field, border)
        }
    }
}

/// Shifts on a coarse grid, with uniform cubic B-splines between them: smooth, and cheap to evaluate anywhere.
///
/// Pixel p of the new picture shows the place p + d(p) of the old one. Each component of d changes along x and along y
/// by at most 1.5 times the largest shift per cell, 3 in sum: with shifts below a third of a cell, p -> q - d(p) is a
/// contraction, so the map is one to one and its inverse is found by repeating that.
struct ElasticField: PlaneMap {
    /// Side of a cell in pixels.
    private let cell: Double
    private let columns, rows: Int
    /// Grid points from one cell before the picture to two behind it, row by row, in pixels.
    private let shifts: [SIMD2<Double>]

    init(width: Int, height: Int, cells: Int, strength: Double, _ random: inout SplitMix64) {
        let cell = Double(max(width, height)) / Double(cells)
        self.cell = cell
        columns = Int(Double(width) / cell) + 4
        rows = Int(Double(height) / cell) + 4
        let limit = strength * cell
        shifts = (0..<columns * rows).map { _ in
            let x = random.value(in: -limit...limit)
            return SIMD2(x, random.value(in: -limit...limit))
        }
    }

    /// d(x, y); past the border that of the border.
    func shift(x: Double, y: Double) -> SIMD2<Double> {
        let (column, horizontal) = Self.taps(x / cell, columns)
        let (row, vertical) = Self.taps(y / cell, rows)
        var sum = SIMD2<Double>(repeating: 0)
        shifts.withUnsafeBufferPointer { shifts in
            for j in 0..<4 {
                let line = (row + j) * columns + column
                var along = SIMD2<Double>(repeating: 0)
                for i in 0..<4 { along += shifts[line + i] * horizontal[i] }
                sum += along * vertical[j]
            }
        }
        return sum
    }

    /// The first of four grid points, and their weights.
    private static func taps(_ position: Double, _ count: Int) -> (first: Int, weights: SIMD4<Double>) {
        let inside = min(max(position, 0), Double(count - 3))
        let first = min(Int(inside), count - 4)
        let t = inside - Double(first)
        let s = 1 - t
        let middle = (3 * t * t * t - 6 * t * t + 4) / 6
        let next = (3 * s * s * s - 6 * s * s + 4) / 6
        return (first, SIMD4(s * s * s / 6, middle, next, t * t * t / 6))
    }

    func source(x: Int, y: Int) -> (x: Double, y: Double) {
        let (x, y) = (Double(x) + 0.5, Double(y) + 0.5)
        let shift = shift(x: x, y: y)
        return (x + shift.x, y + shift.y)
    }

    /// The p with p + d(p) = `point`.
    func apply(_ point: Point) -> Point {
        let target = SIMD2(Double(point.x), Double(point.y))
        var position = target
        for _ in 0..<60 {
            let next = target - shift(x: position.x, y: position.y)
            let step = next - position
            position = next
            // A thousandth of a pixel; and out of the loop for NaN.
            if !(abs(step.x) + abs(step.y) > 1e-3) { break }
        }
        return Point(x: Float(position.x), y: Float(position.y))
    }

    /// Around 16 points of each side, because sides become curves.
    func apply(_ box: Box) -> Box {
        let points = (0..<16).flatMap { index -> [Point] in
            let part = Float(index) / 16
            let (x, y) = (box.minX + part * box.width, box.minY + part * box.height)
            return [
                Point(x: x, y: box.minY), Point(x: box.maxX, y: y), Point(x: box.maxX - part * box.width, y: box.maxY),
                Point(x: box.minX, y: box.maxY - part * box.height),
            ].map { apply($0) }
        }
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        return Box(minX: xs.min()!, minY: ys.min()!, maxX: xs.max()!, maxY: ys.max()!)
    }
}
