import CVImage
import CVSegmentation
import CVTensor
import TestSupport
import Testing

@Suite struct RegionTests {
    /// Digits are classes; a dot is an ignored pixel.
    private static func mask(_ rows: String...) -> Mask {
        let values = rows.joined().map { $0 == "." ? Mask.ignore : UInt8($0.wholeNumberValue!) }
        return Mask(width: rows[0].count, height: rows.count, values: values)
    }

    private static func noise(seed: UInt64, width: Int, height: Int, classes: Float) -> Mask {
        let values = uniformTensor(seed: seed, [height, width]).values.map { value in
            value < 0.3 ? Mask.ignore : UInt8((value - 0.3) / 0.7 * classes)
        }
        return Mask(width: width, height: height, values: values)
    }

    /// The reference: components by flood fill.
    private static func flooded(_ mask: Mask, _ connectivity: Connectivity) -> [Int32] {
        var labels = [Int32](repeating: -1, count: mask.values.count)
        var next: Int32 = 0
        for start in labels.indices where labels[start] < 0 && mask.values[start] != Mask.ignore {
            var pending = [start]
            labels[start] = next
            while let index = pending.popLast() {
                let (x, y) = (index % mask.width, index / mask.width)
                for (dx, dy) in [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)] {
                    guard connectivity == .eight || dx * dy == 0, (0..<mask.width).contains(x + dx),
                        (0..<mask.height).contains(y + dy)
                    else { continue }
                    let other = (y + dy) * mask.width + x + dx
                    guard labels[other] < 0, mask.values[other] == mask.values[start] else { continue }
                    labels[other] = next
                    pending.append(other)
                }
            }
            next += 1
        }
        return labels
    }

    @Test("connected components: corners connect in 8-connectivity only") func cornersConnectOrNot() {
        let mask = Self.mask("0.0", ".0.", "1.0")
        #expect(ConnectedComponents(of: mask, connectivity: .four).list.map(\.area) == [1, 1, 1, 1, 1])
        let eight = ConnectedComponents(of: mask)
        #expect(eight.list.map(\.area) == [4, 1])
        #expect(eight.list.map(\.value) == [0, 1])
        #expect(eight.list[0].box == Box(minX: 0, minY: 0, maxX: 3, maxY: 3))
        #expect(eight.labels == [0, -1, 0, -1, 0, -1, 1, -1, 0])
    }

    @Test(
        "connected components: labels match a flood fill",
        arguments: [(1, 1), (1, 40), (40, 1), (17, 513), (64, 50)], [Connectivity.four, .eight])
    func componentsMatchFloodFill(_ size: (Int, Int), _ connectivity: Connectivity) {
        let mask = Self.noise(seed: 3, width: size.0, height: size.1, classes: 2)
        let found = ConnectedComponents(of: mask, connectivity: connectivity)
        #expect(found.labels == Self.flooded(mask, connectivity))
        #expect(found.list.reduce(0) { $0 + $1.area } == mask.values.count { $0 != Mask.ignore })
    }

    @Test("polygons: the outline of a ring has a hole") func outlineOfRingHasHole() {
        let mask = Self.mask("000", "0.0", "000")
        let polygon = ConnectedComponents(of: mask).polygons()[0]
        #expect(polygon.outer == [(3, 0), (3, 3), (0, 3), (0, 0)].map { Point(x: $0.0, y: $0.1) })
        #expect(polygon.holes == [[(2, 2), (2, 1), (1, 1), (1, 2)].map { Point(x: $0.0, y: $0.1) }])
        #expect(polygon.area == 8)
    }

    /// Filling the outlines reproduces the mask, and their areas are the numbers of pixels.
    @Test(
        "polygons: outlines enclose exactly their pixels",
        arguments: [(1, 1), (17, 513), (61, 47)], [Connectivity.four, .eight])
    func outlinesEncloseTheirPixels(_ size: (Int, Int), _ connectivity: Connectivity) {
        let mask = Self.noise(seed: 5, width: size.0, height: size.1, classes: 1)
        let components = ConnectedComponents(of: mask, connectivity: connectivity)
        let polygons = components.polygons()
        #expect(polygons.count == components.list.count)
        for (polygon, component) in zip(polygons, components.list) {
            #expect(polygon.area == Double(component.area))
            #expect(Polygon(outer: polygon.outer).area >= polygon.area)
        }
        var filled = Image(width: size.0, height: size.1, fill: .black)
        for polygon in polygons {
            filled.fillPolygon(polygon.outer, color: .white)
            for hole in polygon.holes { filled.fillPolygon(hole, color: .black) }
            // Components inside a hole are filled after it, since they are in the order of their first pixels.
        }
        let expected = mask.values.map { $0 == Mask.ignore ? 0 : 255 as UInt8 }
        #expect((0..<expected.count).map { filled.pixels[3 * $0] } == expected)
    }

    @Test("polygons: simplification stays within the tolerance") func simplificationStaysWithinTolerance() {
        let circle = Mask(
            width: 200, height: 200,
            values: (0..<40000).map { index in
                let (x, y) = (index % 200 - 100, index / 200 - 100)
                return x * x + y * y < 8100 ? 0 : Mask.ignore
            })
        let polygon = ConnectedComponents(of: circle).polygons()[0]
        for tolerance in [0.5, 1, 3] as [Float] {
            let simple = polygon.simplified(tolerance: tolerance)
            // The steps of a rasterized circle are half a pixel high, so the smallest tolerance keeps many of them.
            #expect(simple.outer.count < polygon.outer.count / (tolerance < 1 ? 1 : 4))
            #expect(simple.outer.allSatisfy(Set(polygon.outer).contains))
            for point in polygon.outer {
                let nearest = zip(simple.outer, simple.outer.dropFirst() + simple.outer.prefix(1)).map { a, b in
                    Self.distance(point, a, b)
                }.min()!
                #expect(nearest <= tolerance + 1e-4)
            }
        }
        #expect(polygon.simplified(tolerance: 0) == polygon)
        #expect(polygon.simplified(tolerance: 1000).outer.count >= 3)
    }

    private static func distance(_ p: Point, _ a: Point, _ b: Point) -> Float {
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let t = min(max(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy), 0), 1)
        let (x, y) = (p.x - a.x - t * dx, p.y - a.y - t * dy)
        return (x * x + y * y).squareRoot()
    }

    @Test("polygon document: lists the regions of the selected classes") func documentListsSelectedClasses() throws {
        let map = SegmentationMap(mask: Self.mask("0011", "0011", "00.1"), labels: SegmentationLabels(["sky", "road"]))
        var document = PolygonDocument()
        document.tolerance = 0
        document.append(map, of: [1], input: "a\"b.jpg")
        let region =
            #"{"label":"road","class":1,"area":5,"box":[2.0,0.0,4.0,3.0],"#
            + #""outer":[[4,0],[4,3],[3,3],[3,2],[2,2],[2,0]],"holes":[]}"#
        let expected = #"{"images":[{"input":"a\"b.jpg","width":4,"height":3,"regions":["# + region + "]}]}\n"
        #expect(document.text == expected)
    }

    @Test("polygon document: a region of exactly the smallest share is listed, smaller ones are not")
    func smallestShareIsListed() {
        let map = SegmentationMap(mask: Self.mask("00.0", "..1."), labels: SegmentationLabels(["sky", "road"]))
        var document = PolygonDocument()
        document.smallestShare = 0.25
        document.append(map, of: [0, 1], input: "a.jpg")
        #expect(document.images[0].regions.map(\.area) == [2])
    }

    @Test("polygons: a hole that is narrower than the tolerance is dropped") func narrowHolesAreDropped() {
        let mask = Self.mask("00000", "00000", "00.00", "00000", "00000")
        let polygon = ConnectedComponents(of: mask).polygons()[0]
        #expect(polygon.simplified(tolerance: 0.5).holes.map(\.count) == [4])
        let simple = polygon.simplified(tolerance: 2)
        #expect(simple.outer.count == 4 && simple.holes.isEmpty)
    }
}
