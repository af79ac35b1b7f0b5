import CVCore
import CVImage
import CVTraining
import TestSupport
import Testing

/// Drawing of regions: the rule for pixels, and what it may cost.
@Suite struct RegionDrawingTests {
    private func mask(_ polygons: [[Point]], width: Int, height: Int) throws -> Mask {
        try AnnotatedRegions(size: nil, background: 0, regions: [.init(label: 1, area: .polygons(polygons))])
            .mask(width: width, height: height)
    }

    /// The crossings of each row, sorted, and filled between each two.
    private func reference(_ polygons: [[Point]], width: Int, height: Int) -> [UInt8] {
        var values = [UInt8](repeating: 0, count: width * height)
        for y in 0..<height {
            var xs: [Double] = []
            for polygon in polygons {
                for (index, from) in polygon.enumerated() {
                    let to = polygon[(index + 1) % polygon.count]
                    let (top, bottom) = from.y < to.y ? (from, to) : (to, from)
                    let center = Double(y) + 0.5
                    guard Double(top.y) <= center, center < Double(bottom.y) else { continue }
                    let part = (center - Double(top.y)) / (Double(bottom.y) - Double(top.y))
                    xs.append(Double(top.x) + part * (Double(bottom.x) - Double(top.x)))
                }
            }
            xs.sort()
            for pair in stride(from: 0, to: xs.count - 1, by: 2) {
                for x in 0..<width where xs[pair] <= Double(x) + 0.5 && Double(x) + 0.5 < xs[pair + 1] {
                    values[y * width + x] = 1
                }
            }
        }
        return values
    }

    @Test("region drawing: polygons of all kinds are filled between sorted crossings of each row")
    func polygonsAreFilledBetweenCrossings() throws {
        var random = SplitMix64(seed: 11, stream: 0)
        for round in 0..<200 {
            let scale: Float = [1, 1, 3, 1e6, 1e30][round % 5]
            let polygons = (0..<1 + round % 3).map { _ in
                (0..<3 + Int(random.next() % 9)).map { _ in
                    // Also on the grid, where centers and corners meet.
                    let (x, y) = (random.uniform() * 30 - 5, random.uniform() * 26 - 5)
                    return round % 2 == 0
                        ? Point(x: x * scale, y: y * scale) : Point(x: (x * 2).rounded() / 2, y: (y * 2).rounded() / 2)
                }
            }
            #expect(
                try mask(polygons, width: 20, height: 16).values == reference(polygons, width: 20, height: 16),
                "\(polygons)")
        }
    }

    @Test("region drawing: later regions are drawn over earlier ones of the same rows") func laterCoverEarlier() throws
    {
        func box(_ left: Float, _ right: Float) -> [[Point]] {
            [[.init(x: left, y: 0), .init(x: right, y: 0), .init(x: right, y: 1), .init(x: left, y: 1)]]
        }
        let regions = AnnotatedRegions(
            size: nil, background: 9,
            regions: [
                .init(label: 1, area: .polygons(box(0, 4))), .init(label: 2, area: .polygons(box(1, 3))),
                .init(label: 3, area: .polygons(box(2, 5))),
            ])
        #expect(try regions.mask(width: 6, height: 1).values == [1, 2, 3, 3, 3, 9])
    }

    @Test("region drawing: edges that cross too many rows are refused before they are drawn")
    func tooManyCrossingsAreRefused() throws {
        let (rows, points) = (5000, 60_000)
        let zigzag = (0..<points).map { Point(x: Float($0 % 10), y: $0 % 2 == 0 ? 0 : Float(rows)) }
        let error = #expect(throws: DatasetDefect.Problem.self) { try mask([zigzag], width: 10, height: rows) }
        #expect(error == .tooMuchToDraw(crossings: rows * points, pixels: 0))
        // A part of it is drawn, in the memory of the mask.
        let less = try mask([Array(zigzag.prefix(1010))], width: 10, height: rows)
        let isDrawn = less.values.contains(1)
        #expect(isDrawn)
    }

    @Test("region drawing: coordinates that are not finite trap nothing") func coordinatesOfAllKinds() throws {
        let values: [Float] = [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0, 3]
        for a in values {
            for b in values {
                for c in values {
                    _ = try mask([[.init(x: a, y: b), .init(x: b, y: c), .init(x: c, y: a)]], width: 4, height: 4)
                }
            }
        }
    }
}
