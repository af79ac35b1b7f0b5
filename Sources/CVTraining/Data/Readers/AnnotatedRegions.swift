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
        }

        let label: UInt8
        let area: Area

        /// - Parameters:
        ///   - label: the index of the class.
        ///   - area: its shape.
        package init(label: UInt8, area: Area) { (self.label, self.area) = (label, area) }
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
    /// - Throws: `DatasetDefect.Problem` if they were drawn on an image of another size.
    package func mask(width: Int, height: Int) throws -> Mask {
        let own = DatasetDefect.Size(width, height)
        if let size, size != own { throw DatasetDefect.Problem.otherSize(image: own, mask: size) }
        var values = [UInt8](repeating: background, count: width * height)
        for region in regions {
            switch region.area {
            case .polygons(let polygons):
                forEachRun(of: polygons, width: width, height: height) { y, xs in
                    for x in xs { values[y * width + x] = region.label }
                }
            case .runs(let runs, let drawnWidth, let drawnHeight):
                let drawn = DatasetDefect.Size(drawnWidth, drawnHeight)
                guard drawn == own, runs.reduce(0, +) == width * height
                else { throw DatasetDefect.Problem.otherSize(image: own, mask: drawn) }
                fill(runs, region.label, width: width, height: height, &values)
            }
        }
        return Mask(width: width, height: height, values: values)
    }

    private func fill(_ runs: [Int], _ label: UInt8, width: Int, height: Int, _ values: inout [UInt8]) {
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
}

/// Calls `body` with the pixels of each row whose centers are inside an odd number of the polygons.
private func forEachRun(of polygons: [[Point]], width: Int, height: Int, _ body: (_ y: Int, _ xs: Range<Int>) -> Void) {
    var crossings = [[Double]](repeating: [], count: height)
    for polygon in polygons {
        for (index, from) in polygon.enumerated() {
            let to = polygon[(index + 1) % polygon.count]
            let (top, bottom) = from.y < to.y ? (from, to) : (to, from)
            // Centers of rows between the ends: the upper end counts, the lower does not.
            let rows =
                firstCenter(from: Double(top.y), count: height)..<firstCenter(from: Double(bottom.y), count: height)
            for y in rows {
                let part = (Double(y) + 0.5 - Double(top.y)) / (Double(bottom.y) - Double(top.y))
                crossings[y].append(Double(top.x) + part * (Double(bottom.x) - Double(top.x)))
            }
        }
    }
    for (y, xs) in crossings.enumerated() {
        let sorted = xs.sorted()
        for index in stride(from: 0, to: sorted.count - 1, by: 2) {
            let start = firstCenter(from: sorted[index], count: width)
            let end = firstCenter(from: sorted[index + 1], count: width)
            if start < end { body(y, start..<end) }
        }
    }
}

/// The first of `count` pixels whose center is not before `position`.
private func firstCenter(from position: Double, count: Int) -> Int {
    Int(clamping: min(max((position - 0.5).rounded(.up), 0), Double(count)))
}
