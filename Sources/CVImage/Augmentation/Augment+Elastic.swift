import CVCore

extension Augment {
    /// Elastic deformation (Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks"; with
    /// the coarse grid of Ronneberger et al. 2015, arXiv:1505.04597).
    public struct Elastic: Augmentation {
        /// The number of cells of the displacement grid along the longer side.
        public var cells: Int
        /// The largest displacement of a grid point, in cells. Below a third the map is one to one.
        public var strength: Double
        /// How to fill what lies outside the image.
        public var border: Border

        /// An elastic deformation.
        ///
        /// - Parameters:
        ///   - cells: cells of the grid along the longer side, 1 to 100.
        ///   - strength: the largest displacement in cells, 0 to 0.33.
        ///   - border: how to fill what lies outside the image.
        public init(cells: Int = 5, strength: Double = 0.3, border: Border = .reflect) {
            precondition((1...100).contains(cells), "\(cells) cells: 1 to 100 expected")
            precondition((0...0.33).contains(strength), "a strength of \(strength): 0 to 0.33 expected")
            (self.cells, self.strength, self.border) = (cells, strength, border)
        }

        /// Applies the augmentation; see ``Augmentation/callAsFunction(_:using:)``.
        ///
        /// - Parameters:
        ///   - sample: the sample to transform.
        ///   - random: the random number generator.
        /// - Returns: the transformed sample.
        public func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
            let field = ElasticField(
                width: sample.image.width, height: sample.image.height, cells: cells, strength: strength, &random)
            return sample.warped(by: field, border)
        }
    }
}

/// A displacement field: random displacements on a coarse grid, interpolated by uniform cubic B-splines.
///
/// Pixel p of the output samples the input at p + d(p). Each component of d changes along x and along y by at most 1.5
/// times the largest displacement per cell, 3 in total: with displacements below a third of a cell, p -> q - d(p) is a
/// contraction, so the map is one to one and fixed-point iteration inverts it.
struct ElasticField: PlaneMap {
    /// The side of a cell, in pixels.
    private let cell: Double
    private let columns, rows: Int
    /// The displacements in pixels, row by row, from one cell before the image to two after it.
    private let shifts: [SIMD2<Double>]

    init(width: Int, height: Int, cells: Int, strength: Double, _ random: inout SplitMix64) {
        let cell = Double(max(width, height)) / Double(cells)
        self.cell = cell
        columns = Int(clamping: Double(width) / cell) + 4
        rows = Int(clamping: Double(height) / cell) + 4
        let limit = strength * cell
        shifts = (0..<columns * rows).map { _ in
            let x = random.value(in: -limit...limit)
            return SIMD2(x, random.value(in: -limit...limit))
        }
    }

    /// d(x, y), clamped at the border of the grid.
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

    /// The first of four grid points and the B-spline weights.
    private static func taps(_ position: Double, _ count: Int) -> (first: Int, weights: SIMD4<Double>) {
        let inside = min(max(position, 0), Double(count - 3))
        let first = min(Int(clamping: inside), count - 4)
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

    /// The solution p of p + d(p) = `point`.
    func apply(_ point: Point) -> Point {
        let target = SIMD2(Double(point.x), Double(point.y))
        var position = target
        for _ in 0..<60 {
            let next = target - shift(x: position.x, y: position.y)
            let step = next - position
            position = next
            // Converged to a thousandth of a pixel, or NaN.
            if !(abs(step.x) + abs(step.y) > 1e-3) { break }
        }
        return Point(x: Float(position.x), y: Float(position.y))
    }

    /// The bounding box of 16 points of each side, because sides become curves.
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
