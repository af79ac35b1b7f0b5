import CVCore
import CVImage
import CVLandmarks
import Testing

/// What the points of an object are.
@Suite("Schemes of landmarks") struct LandmarkSchemeTests {
    @Test("the 68 points: every point has one partner in a mirror image, or is in the middle")
    func mirrorsOfTheFace() {
        let scheme = LandmarkScheme.ibug68
        #expect(scheme.points.count == 68 && Set(scheme.points).count == 68)
        var partner = Array(0..<68)
        for pair in scheme.pairs { (partner[pair.left], partner[pair.right]) = (pair.right, pair.left) }
        let paired = scheme.pairs.flatMap { [$0.left, $0.right] }
        #expect(Set(paired).count == paired.count)
        // Chin, bridge and tip of the nose, middles of the lips.
        #expect((0..<68).filter { partner[$0] == $0 } == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66])
        // The names of partners differ in right and left only, but for jaw, nostrils and lips.
        for pair in scheme.pairs where scheme.points[pair.left].hasPrefix("right") {
            #expect(scheme.points[pair.right].hasPrefix("left"), "\(pair)")
        }
        #expect(scheme.points[36] == "right eye 1" && scheme.points[45] == "left eye 4")
        #expect(scheme.contours.flatMap(\.points) == Array(0..<68))
        #expect(scheme.eyes?.corners.left == 36 && scheme.eyes?.corners.right == 45)
    }

    @Test("a scheme of so many points: known ones by their number, others without pairs")
    func schemesByNumber() {
        #expect(LandmarkScheme.of(68) == .ibug68 && LandmarkScheme.of(5) == .eyesNoseMouth)
        let other = LandmarkScheme.of(3)
        #expect(other.points == ["point 0", "point 1", "point 2"] && !other.isMirrorKnown && other.eyes == nil)
    }

    @Test(
        "a face mesh: every vertex has one partner or is in the middle, and edges and lines are their own mirror images",
        arguments: [(LandmarkScheme.faceMesh, 468), (.faceMeshIris, 478)])
    func meshes(scheme: LandmarkScheme, count: Int) throws {
        #expect(scheme.points.count == count && Set(scheme.points).count == count && LandmarkScheme.of(count) == scheme)
        var partner = Array(0..<count)
        for pair in scheme.pairs { (partner[pair.left], partner[pair.right]) = (pair.right, pair.left) }
        #expect(Set(scheme.pairs.flatMap { [$0.left, $0.right] }).count == 2 * scheme.pairs.count)
        #expect(partner.indices.count { partner[$0] == $0 } == 28)
        // Outer corners of the eyes, corners of the mouth, cheeks.
        #expect(partner[33] == 263 && partner[61] == 291 && partner[234] == 454 && partner[1] == 1)
        // As many as MediaPipe's canonical face has; all but six are in pairs.
        let edges = Set(scheme.edges)
        #expect(edges.count == 1322 && scheme.edges.count == 1322 && edges.allSatisfy { $0.from < $0.to })
        #expect(edges.count { !edges.contains(.init(partner[$0.from], partner[$0.to])) } == 6)
        #expect(Set(scheme.edges.flatMap { [$0.from, $0.to] }) == Set(0..<468))
        for name in ["face oval", "outer lips", "inner lips", "nostrils"] {
            let line = try #require(scheme.contours.first { $0.name == name })
            #expect(Set(line.points.map { partner[$0] }) == Set(line.points))
        }
        // The sides of the parts are edges of triangles.
        for contour in scheme.contours where contour.points.allSatisfy({ $0 < 468 }) && !contour.name.hasSuffix("brow")
        {
            for (a, b) in zip(contour.points, contour.points.dropFirst()) {
                #expect(edges.contains(.init(a, b)), "\(contour.name): \(a), \(b)")
            }
        }
        let chosen = try #require(scheme.indices(of: .ibug68))
        #expect(Set(chosen).count == 68 && scheme.indices(of: .eyesNoseMouth) == nil)
        for pair in LandmarkScheme.ibug68.pairs { #expect(partner[chosen[pair.left]] == chosen[pair.right]) }
    }

    @Test("the roll of a face is the angle of its eyes, counterclockwise")
    func roll() {
        let points = [
            Point(x: 10, y: 20), Point(x: 20, y: 10), Point(x: 0, y: 0), Point(x: 0, y: 0), Point(x: 0, y: 0),
        ]
        // The eye on the right is higher: turned counterclockwise.
        #expect(abs(LandmarkScheme.eyesNoseMouth.roll(points) - 45) < 1e-9)
        #expect(LandmarkScheme.of(3).roll([points[0], points[1], points[2]]) == 0)
    }

    @Test("a region maps its center to the middle of the input, and a turned object upright")
    func regions() {
        let region = LandmarkRegion(center: Point(x: 30, y: 40), side: 20, degrees: 90)
        let map = region.map(to: 100)
        let middle = map.apply(Point(x: 30, y: 40))
        #expect(abs(middle.x - 50) < 1e-3 && abs(middle.y - 50) < 1e-3)
        // What is above the center of an object turned counterclockwise by a quarter is on the right once it is upright.
        let above = map.apply(Point(x: 30, y: 36))
        #expect(abs(above.x - 70) < 1e-3 && abs(above.y - 50) < 1e-3, "\(above)")
        let around = LandmarkRegion(around: Box(minX: 10, minY: 20, maxX: 30, maxY: 60), fill: 0.5)
        #expect(around.center == Point(x: 20, y: 40) && around.side == 80)
        #expect(LandmarkRegion(width: 40, height: 30) == LandmarkRegion(center: Point(x: 20, y: 15), side: 40))
    }

    @Test("an aligned crop has its eyes at 35 and 65 percent of the width and 40 percent of the height")
    func alignedCrops() throws {
        var image = Image(width: 200, height: 160, fill: Color(90, 90, 90))
        let (left, right) = (Point(x: 70, y: 90), Point(x: 120, y: 60))
        image.fillCircle(center: left, radius: 6, color: Color(255, 0, 0))
        image.fillCircle(center: right, radius: 6, color: Color(0, 0, 255))
        let rest = Point(x: 100, y: 100)
        let face = Landmarks(points: [left, right, rest, rest, rest], confidence: 1)
        let crop = try #require(image.aligned(face, .eyesNoseMouth, side: 100))
        #expect(crop.width == 100 && crop.height == 100)
        #expect(crop[35, 40] == Color(255, 0, 0) && crop[65, 40] == Color(0, 0, 255))
        #expect(image.aligned(Landmarks(points: [left, right, rest], confidence: 1), .of(3), side: 100) == nil)
        let same = Landmarks(points: [left, left, rest, rest, rest], confidence: 1)
        #expect(image.aligned(same, .eyesNoseMouth, side: 100) == nil)
    }

    @Test("drawing: points, lines and indices are drawn where asked for")
    func drawing() {
        let plain = Image(width: 400, height: 400, fill: .black)
        let points = [(120, 120), (280, 120), (200, 200), (140, 280), (260, 280)].map { x, y in
            Point(x: Float(x) + 0.5, y: Float(y) + 0.5)
        }
        let face = Landmarks(points: points, confidence: 1)
        let scheme = LandmarkScheme(
            points: LandmarkScheme.eyesNoseMouth.points, pairs: nil, contours: [.init("eyes", [0, 1])])
        func drawn(_ style: Image.LandmarkStyle) -> Image {
            var image = plain
            image.draw(face, scheme, style: style)
            return image
        }
        let white = Color(255, 255, 255)
        let simple = drawn(.init(showsContours: false, color: white))
        #expect(simple[120, 120] == white && simple[260, 280] == white && simple[200, 120] == .black)
        let lines = drawn(.init(color: white))
        #expect(lines[200, 120] == white && lines[200, 124] == .black)
        let indices = drawn(.init(showsContours: false, showsIndices: true, color: white))
        #expect(indices != simple)
    }
}
