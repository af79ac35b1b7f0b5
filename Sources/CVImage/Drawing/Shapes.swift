import CVCore

/// Drawing. Coordinates are continuous, in pixels (the center of pixel (0, 0) is (0.5, 0.5)), and edges are
/// anti-aliased. Any coordinates are valid: shapes are clipped to the image, and a shape with NaN is not drawn.
extension Image {
    /// Fills a rectangle; pixels on its border are covered partly.
    ///
    /// - Parameters:
    ///   - box: in pixels.
    ///   - color: blended by its alpha.
    public mutating func fill(_ box: Box, color: Color) {
        let (left, right) = (Double(box.minX), Double(box.maxX))
        let (top, bottom) = (Double(box.minY), Double(box.maxY))
        let columns = Self.pixels(from: left, to: right, limit: width)
        let rows = Self.pixels(from: top, to: bottom, limit: height)
        rasterize(columns: columns, rows: rows, color: color) { y, row in
            let vertical = overlap(y, top, bottom)
            for index in row.indices { row[index] = Float(vertical * overlap(columns.lowerBound + index, left, right)) }
        }
    }

    /// Draws the outline of a box, centered on its border and snapped to whole pixels for sharp lines.
    ///
    /// - Parameters:
    ///   - box: in pixels.
    ///   - color: blended by its alpha.
    ///   - lineWidth: in pixels; nil for ``defaultLineWidth``.
    public mutating func outline(_ box: Box, color: Color, lineWidth: Int? = nil) {
        guard let frame = OutlineFrame(box, lineWidth: lineWidth ?? defaultLineWidth) else { return }
        for bar in frame.bars { fill(bar, color: color) }
    }

    /// Fills a rectangle with rounded corners.
    ///
    /// - Parameters:
    ///   - box: in pixels.
    ///   - radius: of the corners, in pixels.
    ///   - color: blended by its alpha.
    public mutating func fillRounded(_ box: Box, radius: Float, color: Color) {
        let (halfWidth, halfHeight) = (Double(box.width) / 2, Double(box.height) / 2)
        guard halfWidth > 0, halfHeight > 0, halfWidth.isFinite, halfHeight.isFinite, !radius.isNaN else { return }
        let radius = min(max(Double(radius), 0), min(halfWidth, halfHeight))
        let (middleX, middleY) = (Double(box.minX) + halfWidth, Double(box.minY) + halfHeight)
        let columns = Self.pixels(from: Double(box.minX) - 0.5, to: Double(box.maxX) + 0.5, limit: width)
        let rows = Self.pixels(from: Double(box.minY) - 0.5, to: Double(box.maxY) + 0.5, limit: height)
        rasterize(columns: columns, rows: rows, color: color) { y, row in
            let dy = abs(Double(y) + 0.5 - middleY) - halfHeight + radius
            for index in row.indices {
                let dx = abs(Double(columns.lowerBound + index) + 0.5 - middleX) - halfWidth + radius
                // The distance from the center of the rounded corner, or from the straight edge.
                let distance = (dx > 0 && dy > 0 ? (dx * dx + dy * dy).squareRoot() : max(dx, dy)) - radius
                row[index] = Float(min(max(0.5 - distance, 0), 1))
            }
        }
    }

    /// Draws a polyline with round caps and joins; one point is a dot. A translucent color is blended once, also where
    /// the line crosses itself.
    ///
    /// - Parameters:
    ///   - points: in pixels.
    ///   - closed: whether the last point is connected to the first.
    ///   - width: of the line, in pixels.
    ///   - color: blended by its alpha.
    public mutating func strokePolyline(_ points: [Point], closed: Bool = false, width: Float, color: Color) {
        var stroke = Stroke(width: Double(width))
        if points.count == 1 { stroke.add(points[0], points[0]) }
        for (from, to) in zip(points, points.dropFirst()) { stroke.add(from, to) }
        if closed, points.count > 2 { stroke.add(points[points.count - 1], points[0]) }
        rasterize(stroke, color: color)
    }

    /// Draws a line with round caps.
    ///
    /// - Parameters:
    ///   - from: one end, in pixels.
    ///   - to: the other end, in pixels.
    ///   - width: in pixels.
    ///   - color: blended by its alpha.
    public mutating func strokeLine(from: Point, to: Point, width: Float, color: Color) {
        strokePolyline([from, to], width: width, color: color)
    }

    /// Fills a circle.
    ///
    /// - Parameters:
    ///   - center: in pixels.
    ///   - radius: in pixels.
    ///   - color: blended by its alpha.
    public mutating func fillCircle(center: Point, radius: Float, color: Color) {
        strokePolyline([center], width: 2 * radius, color: color)
    }

    /// Fills a polygon by the even-odd rule: regions covered twice are holes.
    ///
    /// - Parameters:
    ///   - points: the corners in order, in pixels.
    ///   - color: blended by its alpha.
    public mutating func fillPolygon(_ points: [Point], color: Color) {
        guard points.count > 2, points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return }
        let corners = points.map { (x: Double($0.x), y: Double($0.y)) }
        let edges = zip(corners, corners.dropFirst() + corners.prefix(1)).filter { $0.0.y != $0.1.y }
        let (xs, ys) = (corners.map(\.x), corners.map(\.y))
        let columns = Self.pixels(from: xs.min()!, to: xs.max()!, limit: width)
        let rows = Self.pixels(from: ys.min()!, to: ys.max()!, limit: height)
        let lines = 8
        var crossings: [Double] = []
        rasterize(columns: columns, rows: rows, color: color) { y, row in
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

    /// The default line width: 0.3 % of the mean side, at least 2 pixels.
    public var defaultLineWidth: Int { max(2, Int(clamping: (Double(width + height) / 2 * 0.003).rounded())) }
}

/// The outline of a box as bars on whole pixels that do not overlap.
struct OutlineFrame {
    /// The outer edge.
    let outer: Box
    let bars: [Box]

    /// Nil if the box contains NaN.
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
