import CVCore
import CVImage

/// Areas of an image that were drawn by hand, each of a class.
package struct AnnotatedRegions: Sendable {
    /// One area with its class.
    package struct Region: Sendable {
        /// The shape of a region.
        package enum Area: Sendable {
            /// Corners in pixels of the image. Where polygons of one region overlap, there is a hole.
            case polygons([[Point]])
            /// Lengths of runs outside and inside in turn, column by column.
            case runs([Int], width: Int, height: Int)
            /// A PNG whose values above 0 are inside, and the rectangle of the image that it covers.
            case bitmap([UInt8], x: Int, y: Int, width: Int, height: Int)
        }

        let label: UInt8
        let area: Area

        /// - Parameters:
        ///   - label: the index of the class.
        ///   - area: its shape.
        package init(label: UInt8, area: Area) { (self.label, self.area) = (label, area) }
    }

    /// What drawing may cost: more is no annotation of an image, but takes minutes.
    package enum Limits {
        /// Crossings of edges of polygons with rows of pixels, in one image.
        package static let crossings = 1 << 27
        /// Pixels that all regions of an image cover, those of overlaps counted for each.
        package static let pixels = 1 << 34
    }

    /// The size of the image that they were drawn on; nil if that is not known.
    let size: DatasetDefect.Size?
    /// The class of pixels that are in no region.
    let background: UInt8
    /// Later ones cover earlier ones.
    let regions: [Region]

    /// - Parameters:
    ///   - size: of the image that they were drawn on; nil if that is not known.
    ///   - background: the class of pixels in no region.
    ///   - regions: later ones cover earlier ones.
    package init(size: DatasetDefect.Size?, background: UInt8, regions: [Region]) {
        (self.size, self.background, self.regions) = (size, background, regions)
    }

    /// - Parameters:
    ///   - width: of the image, in pixels.
    ///   - height: of the image, in pixels.
    /// - Returns: the class of each pixel whose center is inside a region, else `background`.
    /// - Throws: `DatasetDefect.Problem` if they were drawn on an image of another size or exceed `Limits`, `ImageError` for
    ///   a bitmap that does not decode.
    package func mask(width: Int, height: Int) throws -> Mask {
        let own = DatasetDefect.Size(width, height)
        if let size, size != own { throw DatasetDefect.Problem.otherSize(image: own, mask: size) }
        var canvas = RegionCanvas(width: width, height: height, background: background)
        for region in regions {
            switch region.area {
            case .polygons(let polygons): try canvas.fill(polygons, region.label)
            case .runs(let runs, let drawnWidth, let drawnHeight):
                let drawn = DatasetDefect.Size(drawnWidth, drawnHeight)
                guard drawn == own, runs.reduce(0, +) == width * height
                else { throw DatasetDefect.Problem.otherSize(image: own, mask: drawn) }
                try canvas.fill(runs, region.label)
            case .bitmap(let png, let x, let y, let boxWidth, let boxHeight):
                let bitmap = try Mask(data: png, name: "mask of a shape")
                guard bitmap.width == boxWidth, bitmap.height == boxHeight else {
                    throw DatasetDefect.Problem.undecodable(
                        reason: "the mask of a shape is \(bitmap.width)×\(bitmap.height), but its points span "
                            + "\(boxWidth)×\(boxHeight)")
                }
                try canvas.fill(bitmap, x: x, y: y, region.label)
            }
        }
        return Mask(width: width, height: height, values: canvas.values)
    }
}

/// Draws regions over each other.
private struct RegionCanvas {
    let width, height: Int
    private(set) var values: [UInt8]
    /// For each row of pixels, width + 1 numbers of edges that are crossed before a pixel, modulo 2; all 0 between regions.
    private var parities: [UInt8] = []
    private var crossings = 0
    private var pixels = 0

    init(width: Int, height: Int, background: UInt8) {
        (self.width, self.height) = (width, height)
        values = [UInt8](repeating: background, count: width * height)
    }

    private mutating func spend(crossings more: Int = 0, pixels covered: Int = 0) throws(DatasetDefect.Problem) {
        (crossings, pixels) = (crossings + more, pixels + covered)
        guard crossings <= AnnotatedRegions.Limits.crossings, pixels <= AnnotatedRegions.Limits.pixels else {
            throw .tooMuchToDraw(crossings: crossings, pixels: pixels)
        }
    }

    /// Fills the pixels whose centers are inside an odd number of the polygons.
    ///
    /// The edges are not sorted: each row has a bit for each pixel boundary that an edge flips, and a pixel is inside if the
    /// number of flips before it is odd. That takes the memory of the mask, whatever the number of edges.
    mutating func fill(_ polygons: [[Point]], _ label: UInt8) throws(DatasetDefect.Problem) {
        var count = 0
        forEachEdge(of: polygons, height: height) { count += $0.rows.count }
        if count == 0 { return }
        try spend(crossings: count)
        if parities.isEmpty { parities = [UInt8](repeating: 0, count: (width + 1) * height) }
        var (left, right, top, bottom) = (width, 0, height, 0)
        let (width, height) = (width, height)
        parities.withUnsafeMutableBufferPointer { parities in
            forEachEdge(of: polygons, height: height) { edge in
                (top, bottom) = (min(top, edge.rows.lowerBound), max(bottom, edge.rows.upperBound))
                for y in edge.rows {
                    let x = firstCenter(from: edge.x(atRow: y), count: width)
                    (left, right) = (min(left, x), max(right, x))
                    parities[y * (width + 1) + x] ^= 1
                }
            }
        }
        try spend(pixels: (right - left) * (bottom - top))
        for y in top..<bottom {
            var isInside = false
            let start = y * (width + 1)
            for x in left...right {
                if parities[start + x] != 0 {
                    isInside.toggle()
                    parities[start + x] = 0
                }
                // The edges of a polygon are closed: at the right, all are crossed.
                if isInside { values[y * width + x] = label }
            }
        }
    }

    /// - Parameter runs: lengths outside and inside in turn, column by column; as many pixels as there are.
    mutating func fill(_ runs: [Int], _ label: UInt8) throws(DatasetDefect.Problem) {
        try spend(pixels: width * height)
        var position = 0
        for (index, length) in runs.enumerated() {
            if index % 2 == 1 {
                for position in position..<position + length {
                    values[position % height * width + position / height] = label
                }
            }
            position += length
        }
    }

    /// Fills where the values of a bitmap are above 0; what lies outside the image is left out.
    mutating func fill(_ bitmap: Mask, x left: Int, y top: Int, _ label: UInt8) throws(DatasetDefect.Problem) {
        let rows = max(0, -top)..<max(max(0, -top), min(bitmap.height, height - top))
        let columns = max(0, -left)..<max(max(0, -left), min(bitmap.width, width - left))
        try spend(pixels: rows.count * columns.count)
        for y in rows {
            for x in columns where bitmap.values[y * bitmap.width + x] > 0 {
                values[(top + y) * width + left + x] = label
            }
        }
    }
}

/// An edge of a polygon that crosses centers of rows.
private struct PolygonEdge {
    let top, bottom: Point
    /// Whose centers are between the ends: the upper end counts, the lower does not.
    let rows: Range<Int>

    func x(atRow y: Int) -> Double {
        let part = (Double(y) + 0.5 - Double(top.y)) / (Double(bottom.y) - Double(top.y))
        return Double(top.x) + part * (Double(bottom.x) - Double(top.x))
    }
}

private func forEachEdge(of polygons: [[Point]], height: Int, _ body: (PolygonEdge) -> Void) {
    for polygon in polygons {
        for (index, from) in polygon.enumerated() {
            let to = polygon[(index + 1) % polygon.count]
            let (top, bottom) = from.y < to.y ? (from, to) : (to, from)
            let first = firstCenter(from: Double(top.y), count: height)
            let end = firstCenter(from: Double(bottom.y), count: height)
            if first < end { body(PolygonEdge(top: top, bottom: bottom, rows: first..<end)) }
        }
    }
}

/// The first of `count` pixels whose center is not before `position`; 0 for NaN.
private func firstCenter(from position: Double, count: Int) -> Int {
    Int(clamping: min(max((position - 0.5).rounded(.up), 0), Double(count)))
}
