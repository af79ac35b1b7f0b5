/// Line segments of one width with round caps: all points within half a width of a segment.
struct Stroke {
    struct Segment {
        let ax, ay, bx, by: Double
    }

    private(set) var segments: [Segment] = []
    /// Half the line width.
    let radius: Double

    init(width: Double) { radius = width.isFinite ? max(width, 0) / 2 : 0 }

    /// Nothing is added where a coordinate is NaN or infinite.
    mutating func add(_ from: Point, _ to: Point) {
        add(Double(from.x), Double(from.y), Double(to.x), Double(to.y))
    }

    mutating func add(_ ax: Double, _ ay: Double, _ bx: Double, _ by: Double) {
        guard ax.isFinite, ay.isFinite, bx.isFinite, by.isFinite else { return }
        segments.append(Segment(ax: ax, ay: ay, bx: bx, by: by))
    }

    /// The coverage of a pixel whose center is `distance` from the center line: exact for axis-aligned lines, also for
    /// those thinner than a pixel.
    func coverage(at distance: Double) -> Double {
        min(max(min(distance + 0.5, radius) - max(distance - 0.5, -radius), 0), 1)
    }
}

extension Stroke.Segment {
    /// Squared distance of a point from the segment.
    func squaredDistance(_ x: Double, _ y: Double) -> Double {
        let (dx, dy) = (bx - ax, by - ay)
        let length = dx * dx + dy * dy
        let along = length > 0 ? min(max(((x - ax) * dx + (y - ay) * dy) / length, 0), 1) : 0
        let (offX, offY) = (x - (ax + along * dx), y - (ay + along * dy))
        return offX * offX + offY * offY
    }

    /// The range in x that a line of half width `reach` can touch at height `y`; nil if none.
    func span(at y: Double, reach: Double) -> (low: Double, high: Double)? {
        guard y > min(ay, by) - reach, y < max(ay, by) + reach else { return nil }
        guard abs(by - ay) > reach else { return (min(ax, bx) - reach, max(ax, bx) + reach) }
        // The part of the segment within `reach` of that height.
        let from = min(max((y - reach - ay) / (by - ay), 0), 1)
        let to = min(max((y + reach - ay) / (by - ay), 0), 1)
        let (x0, x1) = (ax + from * (bx - ax), ax + to * (bx - ax))
        return (min(x0, x1) - reach, max(x0, x1) + reach)
    }
}

extension Image {
    mutating func rasterize(_ stroke: Stroke, color: Color) {
        guard stroke.radius > 0, !stroke.segments.isEmpty else { return }
        let reach = stroke.radius + 0.5
        let xs = stroke.segments.flatMap { [$0.ax, $0.bx] }
        let ys = stroke.segments.flatMap { [$0.ay, $0.by] }
        let columns = Self.pixels(from: xs.min()! - reach, to: xs.max()! + reach, limit: width)
        let rows = Self.pixels(from: ys.min()! - reach, to: ys.max()! + reach, limit: height)
        // Within this distance a pixel is fully covered: no square root needed.
        let solid = max(stroke.radius - 0.5, 0) * max(stroke.radius - 0.5, 0)
        rasterize(columns: columns, rows: rows, color: color) { y, row in
            let middle = Double(y) + 0.5
            for segment in stroke.segments {
                guard let span = segment.span(at: middle, reach: reach) else { continue }
                for x in Self.pixels(from: span.low, to: span.high, limit: columns.upperBound)
                where x >= columns.lowerBound && row[x - columns.lowerBound] < 1 {
                    let squared = segment.squaredDistance(Double(x) + 0.5, middle)
                    guard squared < reach * reach else { continue }
                    let part = squared < solid ? 1 : Float(stroke.coverage(at: squared.squareRoot()))
                    // Segments that meet cover the same pixels: use the maximum, not the sum.
                    row[x - columns.lowerBound] = max(row[x - columns.lowerBound], part)
                }
            }
        }
    }
}
