/// Drawing. Coordinates are continuous (the centre of pixel (0, 0) is (0.5, 0.5)), edges are anti-aliased, and any
/// coordinates will do: what lies outside the picture is left out, a shape with NaN in it is not drawn.
extension Image {
    /// An upright rectangle, filled; a border between pixels covers them in part.
    public mutating func fill(_ box: Box, color: Color) {
        let (left, right) = (Double(box.minX), Double(box.maxX))
        let (top, bottom) = (Double(box.minY), Double(box.maxY))
        let columns = Self.pixels(from: left, to: right, limit: width)
        let rows = Self.pixels(from: top, to: bottom, limit: height)
        paint(columns: columns, rows: rows, color: color) { y, row in
            let vertical = overlap(y, top, bottom)
            for index in row.indices { row[index] = Float(vertical * overlap(columns.lowerBound + index, left, right)) }
        }
    }

    /// The outline of a box, its line's middle on the box's border, snapped to whole pixels so that it is sharp.
    ///
    /// - Parameter lineWidth: in pixels; nil for `defaultLineWidth`.
    public mutating func outline(_ box: Box, color: Color, lineWidth: Int? = nil) {
        guard let frame = OutlineFrame(box, lineWidth: lineWidth ?? defaultLineWidth) else { return }
        for bar in frame.bars { fill(bar, color: color) }
    }

    /// A rectangle with corners rounded by `radius`, filled.
    public mutating func fillRounded(_ box: Box, radius: Float, color: Color) {
        let (halfWidth, halfHeight) = (Double(box.width) / 2, Double(box.height) / 2)
        guard halfWidth > 0, halfHeight > 0, halfWidth.isFinite, halfHeight.isFinite, !radius.isNaN else { return }
        let radius = min(max(Double(radius), 0), min(halfWidth, halfHeight))
        let (middleX, middleY) = (Double(box.minX) + halfWidth, Double(box.minY) + halfHeight)
        let columns = Self.pixels(from: Double(box.minX) - 0.5, to: Double(box.maxX) + 0.5, limit: width)
        let rows = Self.pixels(from: Double(box.minY) - 0.5, to: Double(box.maxY) + 0.5, limit: height)
        paint(columns: columns, rows: rows, color: color) { y, row in
            let dy = abs(Double(y) + 0.5 - middleY) - halfHeight + radius
            for index in row.indices {
                let dx = abs(Double(columns.lowerBound + index) + 0.5 - middleX) - halfWidth + radius
                // From the rounded corner's middle, or from the straight edge.
                let distance = (dx > 0 && dy > 0 ? (dx * dx + dy * dy).squareRoot() : max(dx, dy)) - radius
                row[index] = Float(min(max(0.5 - distance, 0), 1))
            }
        }
    }

    /// Lines from point to point with round ends and corners, `width` pixels wide; one point is a dot.
    ///
    /// A translucent colour is laid on once, also where the line crosses itself.
    public mutating func strokePolyline(_ points: [Point], closed: Bool = false, width: Float, color: Color) {
        var stroke = Stroke(width: Double(width))
        if points.count == 1 { stroke.add(points[0], points[0]) }
        for (from, to) in zip(points, points.dropFirst()) { stroke.add(from, to) }
        if closed, points.count > 2 { stroke.add(points[points.count - 1], points[0]) }
        paint(stroke, color: color)
    }

    /// A line with round ends.
    public mutating func strokeLine(from: Point, to: Point, width: Float, color: Color) {
        strokePolyline([from, to], width: width, color: color)
    }

    /// A disc.
    public mutating func fillCircle(center: Point, radius: Float, color: Color) {
        strokePolyline([center], width: 2 * radius, color: color)
    }

    /// A polygon, filled by the even-odd rule: where it covers itself twice there is a hole.
    public mutating func fillPolygon(_ points: [Point], color: Color) {
        guard points.count > 2, points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return }
        let corners = points.map { (x: Double($0.x), y: Double($0.y)) }
        let edges = zip(corners, corners.dropFirst() + corners.prefix(1)).filter { $0.0.y != $0.1.y }
        let (xs, ys) = (corners.map(\.x), corners.map(\.y))
        let columns = Self.pixels(from: xs.min()!, to: xs.max()!, limit: width)
        let rows = Self.pixels(from: ys.min()!, to: ys.max()!, limit: height)
        let lines = 8
        var crossings: [Double] = []
        paint(columns: columns, rows: rows, color: color) { y, row in
            let near = edges.filter { min($0.0.y, $0.1.y) < Double(y + 1) && max($0.0.y, $0.1.y) > Double(y) }
            for line in 0..<lines {
                let level = Double(y) + (Double(line) + 0.5) / Double(lines)
                crossings.removeAll(keepingCapacity: true)
                for (a, b) in near where (a.y <= level) != (b.y <= level) {
                    crossings.append(a.x + (b.x - a.x) * ((level - a.y) / (b.y - a.y)))
                }
                crossings.sort()
                for pair in Swift.stride(from: 0, to: crossings.count - 1, by: 2) {
                    let (left, right) = (crossings[pair], crossings[pair + 1])
                    for x in Self.pixels(from: left, to: right, limit: columns.upperBound) where x >= columns.lowerBound
                    {
                        row[x - columns.lowerBound] += Float(overlap(x, left, right) / Double(lines))
                    }
                }
            }
        }
    }

    /// The line width that suits this picture: 0.3 % of its mean side, at least 2 pixels.
    public var defaultLineWidth: Int { max(2, Int((Double(width + height) / 2 * 0.003).rounded())) }
}

/// The border of a box as bars on whole pixels that do not overlap.
struct OutlineFrame {
    /// The outer edge.
    let outer: Box
    let bars: [Box]

    /// Nil where the box has NaN in it.
    init?(_ box: Box, lineWidth: Int) {
        let line = Float(min(max(lineWidth, 1), 1 << 20))
        // A box may be infinite, or so large that pixels are below the precision of its numbers.
        func snapped(_ value: Float) -> Float { min(max((value - line / 2).rounded(), -4e6), 4e6) }
        let (left, top) = (snapped(min(box.minX, box.maxX)), snapped(min(box.minY, box.maxY)))
        let (right, bottom) = (snapped(max(box.minX, box.maxX)) + line, snapped(max(box.minY, box.maxY)) + line)
        guard !box.minX.isNaN, !box.minY.isNaN, !box.maxX.isNaN, !box.maxY.isNaN else { return nil }
        outer = Box(minX: left, minY: top, maxX: right, maxY: bottom)
        guard right - left > 2 * line, bottom - top > 2 * line else {
            bars = [outer]
            return
        }
        bars = [
            Box(minX: left, minY: top, maxX: right, maxY: top + line),
            Box(minX: left, minY: bottom - line, maxX: right, maxY: bottom),
            Box(minX: left, minY: top + line, maxX: left + line, maxY: bottom - line),
            Box(minX: right - line, minY: top + line, maxX: right, maxY: bottom - line),
        ]
    }
}
