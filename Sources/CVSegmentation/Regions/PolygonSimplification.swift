import CVImage

extension Polygon {
    /// Simplifies the outline (Douglas & Peucker 1973; OpenCV's `approxPolyDP`).
    ///
    /// - Parameter tolerance: the largest distance in pixels of a removed corner from the new outline.
    /// - Returns: a polygon with a subset of the corners. Holes that degenerate are dropped; the outer ring never is.
    public func simplified(tolerance: Float) -> Polygon {
        guard tolerance > 0 else { return self }
        let ring = Self.simplified(outer, tolerance)
        return Polygon(
            outer: ring.count < 3 ? outer : ring,
            holes: holes.map { Self.simplified($0, tolerance) }.filter { $0.count > 2 })
    }

    /// The maximum length of the pieces that a ring is split into, whose ends are kept. The search is quadratic in the length
    /// of a piece in the worst case.
    private static let longestPiece = 4096

    private static func simplified(_ ring: [Point], _ tolerance: Float) -> [Point] {
        guard ring.count > 3 else { return ring }
        let farthest = ring.indices.max { ring[$0].squaredDistance(ring[0]) < ring[$1].squaredDistance(ring[0]) }!
        var isKept = [Bool](repeating: false, count: ring.count + 1)
        let closed = ring + [ring[0]]
        var ends = Set([0, farthest, ring.count])
        for end in stride(from: longestPiece, to: ring.count, by: longestPiece) { ends.insert(end) }
        for end in ends { isKept[end] = true }
        let sorted = ends.sorted()
        // An explicit stack, because recursion could be as deep as the ring is long.
        var pieces = Array(zip(sorted, sorted.dropFirst()))
        while let (start, end) = pieces.popLast() {
            guard end - start > 1 else { continue }
            var (index, largest) = (start, tolerance * tolerance)
            for middle in start + 1..<end {
                let distance = closed[middle].squaredDistance(fromSegment: closed[start], closed[end])
                if distance > largest { (index, largest) = (middle, distance) }
            }
            guard index > start else { continue }
            isKept[index] = true
            pieces += [(start, index), (index, end)]
        }
        return ring.indices.filter { isKept[$0] }.map { ring[$0] }
    }
}

extension Point {
    fileprivate func squaredDistance(_ other: Point) -> Float {
        (x - other.x) * (x - other.x) + (y - other.y) * (y - other.y)
    }

    fileprivate func squaredDistance(fromSegment a: Point, _ b: Point) -> Float {
        let length = a.squaredDistance(b)
        guard length > 0 else { return squaredDistance(a) }
        let along = min(max(((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / length, 0), 1)
        return squaredDistance(Point(x: a.x + along * (b.x - a.x), y: a.y + along * (b.y - a.y)))
    }
}
