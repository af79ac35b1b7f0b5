import CVCore
import CVFaces
import CVImage
import CVLandmarks
import CVTask
import TestSupport
import Testing

/// The face mesh from whole images: crops, turned faces, several ones, reduced points.
@Suite("Face meshes of images") struct FaceMeshTests {
    private let detector: LandmarkDetector

    init() throws { detector = try LandmarkDetector("face-mesh") }

    private func sample(_ name: String) throws -> Image {
        try Image(contentsOf: packageFolder.appending(path: "SampleImages/\(name)").path)
    }

    /// The largest distance of two meshes, as a fraction of the width of the first.
    private func difference(_ a: [Point], _ b: [Point]) -> Float {
        let columns = a.map(\.x)
        let width = (columns.max() ?? 0) - (columns.min() ?? 0)
        let distances = zip(a, b).map { hypot(Double($0.x - $1.x), Double($0.y - $1.y)) }
        return Float(distances.max() ?? .infinity) / width
    }

    private func roll(_ eyes: [[Float]]) -> Double {
        LandmarkScheme.eyesNoseMouth.roll(eyes.map { Point(x: $0[0], y: $0[1]) })
    }

    struct Whole: Decodable { let image: String, box: [Float], eyes: [[Float]], points: [Float] }

    @Test("from a box and the eyes to points of the image, as the TensorFlow Lite runtime finds them in the same crop")
    func pipeline() throws {
        let cases = try decoded("Golden/face-mesh-whole.json", as: [Whole].self)
        #expect(cases.count == 2)
        for golden in cases {
            let box = Box(minX: golden.box[0], minY: golden.box[1], maxX: golden.box[2], maxY: golden.box[3])
            let found = try detector.detect(
                sample(golden.image), in: box, degrees: roll(golden.eyes),
                options: LandmarkOptions(passes: 1, mirrored: false))
            let starts = stride(from: 0, to: golden.points.count, by: 3)
            let expected = starts.map { Point(x: golden.points[$0], y: golden.points[$0 + 1]) }
            #expect(found.points.count == 468 && found.confidence > 0.99 && found.box == box)
            let width = (expected.map(\.x).max() ?? 0) - (expected.map(\.x).min() ?? 0)
            let error = difference(expected, found.points)
            #expect(error < 0.005, "\(golden.image): \(error)")
            let depths = try #require(found.depths)
            #expect(
                zip(starts, depths).allSatisfy { abs(golden.points[$0 + 2] - $1) < 0.005 * width }, "\(golden.image)")
        }
    }

    @Test(
        "faces that are turned by any angle have the mesh of the upright one, turned", arguments: [30.0, 90, 180, -60])
    func turnedFaces(degrees: Double) throws {
        let image = try sample("portrait.jpg").cropped(x: 96, y: 0, width: 256, height: 256)
        let faces = try FaceDetector()
        let face = try #require(try faces.detect(image).first)
        let upright = try detector.detect(image, in: face.box)
        let turn = AffineMap.rotation(degrees: degrees).around(x: 128, y: 128)
        let turned = image.extracted(by: turn, width: 256, height: 256)
        let middle = turn.apply(face.box.center)
        let side = max(face.box.width, face.box.height)
        let box = Box(
            minX: middle.x - side / 2, minY: middle.y - side / 2, maxX: middle.x + side / 2, maxY: middle.y + side / 2)
        let found = try detector.detect(turned, in: box, degrees: degrees)
        let back = try #require(turn.inverse)
        let error = difference(upright.points, found.points.map { back.apply($0) })
        #expect(found.confidence > 0.99 && error < 0.03, "\(error)")
        let roll = detector.scheme.roll(found.points) - detector.scheme.roll(upright.points)
        #expect(abs((roll - degrees).remainder(dividingBy: 360)) < 1.5, "\(roll)")
        // Without the angle, the quarter turn that it is nearest to is found.
        let unaided = try detector.detect(turned, in: box)
        let other = difference(upright.points, unaided.points.map { back.apply($0) })
        #expect(unaided.confidence > 0.99 && other < 0.05, "\(other)")
    }

    @Test("every face of an image has a mesh of its own") func severalFaces() throws {
        let portrait = try sample("portrait.jpg").cropped(x: 96, y: 0, width: 256, height: 256)
        var pair = Image(width: 512, height: 256, fill: Color(90, 90, 90))
        pair.paste(portrait, x: 0, y: 0)
        pair.paste(portrait.flippedHorizontally(), x: 256, y: 0)
        let faces = try FaceDetector().detect(pair)
        #expect(faces.count == 2)
        let found = try faces.map { try detector.detect(pair, in: $0.box) }.sorted { $0.points[1].x < $1.points[1].x }
        #expect(found.allSatisfy { $0.confidence > 0.99 })
        // The second is the mirror image of the first.
        let mirrored = detector.scheme.pairs.reduce(into: found[1].points.map { Point(x: 512 - $0.x, y: $0.y) }) {
            $0.swapAt($1.left, $1.right)
        }
        #expect(difference(found[0].points, mirrored) < 0.02)
    }

    @Test("without a face the presence is near 0") func noFace() throws {
        for name in ["coffee.jpg", "room.jpg"] {
            #expect(try detector.detect(sample(name)).confidence < 0.3, "\(name)")
        }
        let empty = try detector.detect(Image(width: 60, height: 40, fill: .black))
        #expect(empty.confidence < 0.3 && empty.points.allSatisfy { $0.x.isFinite && $0.y.isFinite })
    }

    @Test("68 of the points are near those of the network for 68 points") func reducedPoints() throws {
        let image = try sample("portrait.jpg")
        let box = Box(minX: 180, minY: 63, maxX: 269, maxY: 176)
        let reduced = try #require(detector.reduced(to: .ibug68))
        #expect(reduced.scheme == .ibug68 && reduced.reduced(to: .faceMesh)?.scheme == .faceMesh)
        let found = try reduced.detect(image, in: box)
        let other = try LandmarkDetector().detect(image, in: box)
        #expect(found.points.count == 68 && found.depths?.count == 68)
        #expect(difference(other.points, found.points) < 0.16)
        #expect(try LandmarkDetector().reduced(to: .faceMesh) == nil)
    }

    @Test("the mesh with attention has the irises between the lids") func irises() throws {
        let attention = try LandmarkDetector("face-mesh-attention")
        let found = try attention.detect(sample("portrait.jpg"), in: Box(minX: 180, minY: 63, maxX: 269, maxY: 176))
        #expect(found.points.count == 478 && attention.scheme == .faceMeshIris && found.confidence > 0.99)
        for (iris, outer, inner) in [(468, 33, 133), (473, 263, 362)] {
            let (a, b) = (found.points[outer], found.points[inner])
            let center = found.points[iris]
            #expect(min(a.x, b.x) < center.x && center.x < max(a.x, b.x))
            // Around the center on all sides: right, top, left, bottom of the image.
            let ring = (1...4).map { found.points[iris + $0] }
            #expect(ring[0].x > center.x && ring[1].y < center.y && ring[2].x < center.x && ring[3].y > center.y)
        }
        let plain = try detector.detect(sample("portrait.jpg"), in: Box(minX: 180, minY: 63, maxX: 269, maxY: 176))
        #expect(difference(plain.points, Array(found.points.prefix(468))) < 0.08)
    }
}
