import CVCore
import CVDetection
import CVFaces
import CVImage
import CVTask
import CVWeights
import Foundation
import TestSupport
import Testing

/// Finding, aligning and comparing faces.
@Suite("Faces") struct FaceTests {
    static func sample(_ name: String) throws -> Image {
        try Image(contentsOf: packageFolder.appending(path: "SampleImages/\(name).jpg").path)
    }

    /// A face whose points are those of a template under a map.
    static func face(_ template: FaceTemplate, moved map: AffineMap) -> Face {
        let corners = template.points.filter { $0.key != .mouth }
        return Face(
            box: Box(minX: 0, minY: 0, maxX: 1, maxY: 1), confidence: 1,
            keypoints: corners.map { NamedKeypoint(name: $0.key.rawValue, position: map.apply($0.value)) })
    }

    // MARK: Finding

    @Test("FaceDetector: one face in a portrait, of any size", arguments: [48, 96, 512, 2300])
    func findsAPortraitInAnySize(side: Int) throws {
        let image = try Self.sample("portrait").resized(width: side, height: side, filter: .bicubic)
        var options = FaceDetectionOptions()
        options.minimumSize = 8
        let faces = try FaceDetector().detect(image, options: options)
        let face = try #require(faces.first)
        #expect(faces.count == 1)
        // As seen in the image of 512 pixels.
        let scale = Float(side) / 512
        let expected = Box(minX: 179 * scale, minY: 63 * scale, maxX: 269 * scale, maxY: 174 * scale)
        #expect(face.box.intersectionOverUnion(with: expected) > 0.7)
        let (right, left) = (try #require(face[.rightEye]), try #require(face[.leftEye]))
        let (nose, mouth) = (try #require(face[.nose]), try #require(face[.mouth]))
        #expect(right.x < nose.x && nose.x < left.x && right.y < nose.y && nose.y < mouth.y)
    }

    @Test("FaceDetector: small faces of a large image, each once, also where tiles meet")
    func findsSmallFacesOfALargeImage() throws {
        let small = try Self.sample("portrait").cropped(x: 120, y: 0, width: 220, height: 240)
            .resized(width: 110, height: 120)
        var image = Image(width: 3000, height: 2000, fill: Color(90, 110, 100))
        let positions = [(20, 30), (1240, 700), (1480, 980), (1620, 40), (2800, 1800), (700, 1500)]
        for (x, y) in positions { image.paste(small, x: x, y: y) }
        let faces = try FaceDetector().detect(image)
        #expect(faces.count == positions.count)
        for (x, y) in positions {
            let count = faces.count { face in
                let center = face.box.center
                return abs(center.x - Float(x + 52)) < 12 && abs(center.y - Float(y + 60)) < 12
            }
            #expect(count == 1, "at \(x), \(y)")
        }
    }

    @Test("FaceDetector: faces of 20 pixels are found by default") func findsTinyFaces() throws {
        let portrait = try Self.sample("portrait")
        // The box of the face has 89 × 111 pixels of 512.
        let small = portrait.resized(width: 128, height: 128)
        var image = Image(width: 640, height: 480, fill: Color(120, 120, 120))
        for x in [40, 300, 480] { image.paste(small, x: x, y: 100 + x / 4) }
        let faces = try FaceDetector().detect(image)
        #expect(faces.count == 3 && faces.allSatisfy { $0.box.width < 26 }, "\(faces)")
    }

    @Test("FaceDetector: a face below the minimum size, and images without one, give none")
    func leavesOutSmallFaces() throws {
        let detector = try FaceDetector()
        var options = FaceDetectionOptions()
        options.minimumSize = 100
        #expect(try detector.detect(Self.sample("portrait"), options: options).isEmpty)
        for name in ["coffee", "room", "great_wall", "cat", "retriever", "parrot"] {
            #expect(try detector.detect(Self.sample(name)).isEmpty)
        }
        for (width, height) in [(1, 1), (1, 900), (3000, 2)] {
            #expect(try detector.detect(Image(width: width, height: height, fill: .white)).isEmpty)
        }
    }

    @Test("FaceDetector: only where no face is certain, the best of the others is reported")
    func fallsBackToAnUncertainFace() throws {
        let detector = try FaceDetector()
        var options = FaceDetectionOptions()
        options.confidence = 0.8
        options.fallbackConfidence = 0.4
        // The helmet of an astronaut, and a portrait beside it.
        #expect(try detector.detect(Self.sample("moonwalk"), options: options).count == 1)
        #expect(try detector.detect(Self.sample("astronauts"), options: options).count == 1)
        options.fallbackConfidence = nil
        #expect(try detector.detect(Self.sample("moonwalk"), options: options).isEmpty)
    }

    @Test("FaceDetector: a detector without keypoints is refused") func refusesOtherDetectors() {
        let error = #expect(throws: FaceError.self) { try FaceDetector("yolov3-tiny") }
        #expect(error?.description.contains("yolov3-tiny finds no keypoints") == true)
    }

    @Test("Detector: keypoints are in the records, and boxes of other networks have none") func recordsKeypoints()
        throws
    {
        let found = try Detector("yunet").detect(Self.sample("portrait"))
        let points = try #require(found.first?.keypoints)
        #expect(points.map(\.name) == ["right eye", "left eye", "nose", "right mouth corner", "left mouth corner"])
        let record = DetectionRecord(input: "a", width: 512, height: 512, results: found)
        #expect(record.json.contains(#""keypoints":[{"name":"right eye","position":["#))
        #expect(try JSONDecoder().decode(DetectionRecord.self, from: Data(record.json.utf8)) == record)
        let plain = Detection(label: "a", classIndex: 0, confidence: 1, box: Box(minX: 0, minY: 0, maxX: 1, maxY: 1))
        #expect(!plain.json.text.contains("keypoints"))
    }

    @Test("FaceAligner: turned, scaled and moved, a face comes out the same; an image without one is nil")
    func alignsWhatIsMoved() throws {
        let aligner = try FaceAligner(.tight)
        let portrait = try Self.sample("portrait")
        let upright = try #require(try aligner.aligned(portrait))
        #expect(upright.width == 84 && upright.height == 84)
        let turned = portrait.rotated(degrees: 12).resized(width: 400, height: 400, filter: .bicubic)
        let same = try #require(try aligner.aligned(turned))
        func difference(_ a: Image, _ b: Image) -> Double {
            zip(a.pixels, b.pixels).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) } / Double(a.pixels.count)
        }
        // The network places the points of a turned face a little otherwise: it leaves a tilt of a few degrees.
        let (aligned, plain) = (difference(upright, same), difference(upright, portrait.resized(width: 84, height: 84)))
        #expect(aligned < 25 && plain > 40, "\(aligned), \(plain)")
        let coffee = try Self.sample("coffee")
        #expect(try aligner.aligned(coffee) == nil)
        let alignment = FaceAlignment(aligner)
        #expect(try alignment(coffee, named: "coffee.jpg") == coffee && alignment.withoutFace == ["coffee.jpg"])
        #expect(try alignment(portrait, named: "p.jpg") == upright && alignment.withoutFace.count == 1)
    }

    @Test("FaceDetector: a minimum confidence holds in turned images, too")
    func confidenceHoldsWhenTurned() throws {
        var options = FaceDetectionOptions()
        (options.searchesTurned, options.confidence) = (true, 0.99)
        let faces = try FaceDetector().detect(Self.sample("astronauts"), options: options)
        #expect(faces.allSatisfy { $0.confidence >= 0.99 })
    }

    @Test("FaceTemplate: the points of the tight one lie within it")
    func tightTemplateHoldsItsPoints() {
        let (inside, side) = (FaceTemplate.tight.points.values, Float(FaceTemplate.tight.side))
        #expect(inside.count == 6 && inside.allSatisfy { (0...side).contains($0.x) && (0...side).contains($0.y) })
    }

    // MARK: Aligning

    @Test(
        "FaceTemplate: points of a moved, turned and scaled template lead back to it",
        arguments: [0.4, 1, 7] as [Double])
    func mapsBackToTheTemplate(scale: Double) throws {
        for template in [FaceTemplate.arcFace, .dlib] {
            let map = AffineMap.rotation(degrees: 33).then(.scale(x: scale, y: scale)).then(.translation(x: 50, y: -8))
            let found = try #require(template.map(for: Self.face(template, moved: map)))
            let identity = map.then(found)
            for (value, expected) in zip(
                [identity.a, identity.b, identity.c, identity.d, identity.e, identity.f],
                [1, 0, 0, 0, 1, 0] as [Double])
            {
                #expect(abs(value - expected) < 1e-4)
            }
        }
    }

    /// scikit-image 0.26, `SimilarityTransform.estimate`, which is Umeyama's.
    @Test("AffineMap.similarity matches scikit-image for points that do not fit exactly") func matchesUmeyama() throws {
        let from = [(10, 20), (52, 18), (30, 44), (14, 70), (49, 66)].map { (pair: (Float, Float)) in
            Point(x: pair.0, y: pair.1)
        }
        let to = [(38.3, 51.7), (73.5, 51.5), (56, 71.7), (41.5, 92.4), (70.7, 92.2)].map { (pair: (Float, Float)) in
            Point(x: pair.0, y: pair.1)
        }
        let map = try #require(AffineMap.similarity(from: from, to: to))
        let expected = [0.83054361, -0.02474918, 31.3322123, 0.02474918, 0.83054361, 34.9210739]
        for (value, golden) in zip([map.a, map.b, map.c, map.d, map.e, map.f], expected) {
            #expect(abs(value - golden) < 1e-5)
        }
    }

    @Test("FaceTemplate: faces without two different points are not aligned") func refusesDegenerateFaces() {
        let box = Box(minX: 0, minY: 0, maxX: 9, maxY: 9)
        func face(_ points: [(FacePoint, Float)]) -> Face {
            Face(
                box: box, confidence: 1,
                keypoints: points.map { NamedKeypoint(name: $0.0.rawValue, position: Point(x: $0.1, y: $0.1)) })
        }
        let image = Image(width: 9, height: 9, fill: .white)
        let degenerate: [[(FacePoint, Float)]] = [
            [], [(.nose, 3)], [(.nose, 3), (.leftEye, 3)], [(.nose, .nan), (.leftEye, 3)],
        ]
        for points in degenerate {
            #expect(FaceTemplate.arcFace.aligned(face(points), in: image) == nil)
        }
        #expect(FaceTemplate.arcFace.aligned(face([(.nose, 3), (.leftEye, 5)]), in: image)?.width == 112)
    }

    @Test("warpedAntialiased: shrinking keeps the mean of a fine pattern, plain warping does not")
    func shrinksWithAFilter() throws {
        let (width, height) = (640, 480)
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for pixel in 0..<width * height where (pixel % width) % 8 == 0 {
            for channel in 0..<3 { pixels[3 * pixel + channel] = 240 }
        }
        let image = Image(width: width, height: height, format: .rgb, pixels: pixels)
        let map = AffineMap.scale(x: 0.125, y: 0.125)
        let filtered = image.warpedAntialiased(by: map, width: 80, height: 60)
        // An eighth of 240, away from the border.
        let middle = filtered.cropped(x: 4, y: 4, width: 72, height: 52)
        #expect(middle.pixels.allSatisfy { abs(Int($0) - 30) <= 2 })
        #expect(image.warped(by: map, width: 80, height: 60).pixels.contains { abs(Int($0) - 30) > 20 })
        // Enlarging is plain, and what lies outside is filled.
        let large = AffineMap.scale(x: 2, y: 2)
        #expect(
            image.warpedAntialiased(by: large, width: 90, height: 90) == image.warped(by: large, width: 90, height: 90))
        let outside = image.warpedAntialiased(
            by: map.then(.translation(x: 900, y: 0)), width: 8, height: 8, fill: .white)
        #expect(outside == Image(width: 8, height: 8, fill: .white))
    }

    // MARK: Comparing

    @Test("FaceVerifier: the same person in other sizes, colors and mirrored; no face is no match")
    func verifiesAPerson() throws {
        let verifier = try FaceVerifier()
        let portrait = try Self.sample("portrait")
        for other in [
            portrait.resized(width: 180, height: 180), portrait.flippedHorizontally(), try Self.sample("astronauts"),
            portrait.rotated(degrees: 12),
        ] {
            let result = try verifier.verify(portrait, other)
            #expect(result.outcome == .same && result.distance ?? 1 < 0.8)
        }
        let itself = try verifier.verify(portrait, portrait)
        #expect(itself.outcome == .same && itself.distance ?? 1 < 1e-4)
        let none = try verifier.verify(portrait, Self.sample("coffee"))
        #expect(none.outcome == .noFace && none.distance == nil && none.first != nil && none.second == nil)
        #expect(try verifier.verify(Self.sample("coffee"), Self.sample("coffee")).outcome == .noFace)
        // The first network takes a dog for a face, the second does not.
        #expect(try verifier.verify(portrait, Self.sample("retriever")).outcome == .noFace)
        var trusting = verifier
        trusting.options.confidence = 0.6
        #expect(try trusting.verify(portrait, Self.sample("retriever")).outcome == .different)
        for degrees in [90.0, 180, 225] {
            let turned = portrait.rotated(degrees: degrees)
            let result = try verifier.verify(portrait, turned)
            #expect(result.outcome == .same && result.distance ?? 1 < 0.8, "turned by \(degrees): \(result)")
        }
        #expect(none.threshold == verifier.embedder.threshold && !none.threshold.origin.isEmpty)
        let data = try JSONEncoder().encode(itself)
        #expect(try JSONDecoder().decode(FaceVerification.self, from: data) == itself)
    }

    @Test("FaceEmbedder: two networks are weighted by their thresholds, and may be used alone") func joinsNetworks()
        throws
    {
        let (image, other) = (try Self.sample("portrait"), try Self.sample("retriever"))
        let detector = try FaceDetector()
        var options = FaceDetectionOptions()
        options.confidence = 0.6
        let faces = try [image, other].map { try #require(detector.detect($0, options: options).first) }
        func distance(_ model: String) throws -> (Float, FaceEmbedder) {
            let embedder = try FaceEmbedder(model)
            let first = try #require(try embedder.embed(faces[0], in: image))
            return (try first.distance(to: #require(try embedder.embed(faces[1], in: other))), embedder)
        }
        let (cosine, sface) = try distance("sface")
        let (euclidean, dlib) = try distance("dlib-face")
        let (joined, both) = try distance(FaceEmbedder.defaultModel)
        #expect(sface.threshold.distance == 0.637 && dlib.threshold.distance == 0.6 && both.threshold.distance == 1)
        let expected = 0.7 * cosine / 0.637 + 0.3 * euclidean * euclidean / 0.36
        #expect(abs(joined * joined - expected) < 1e-3 && joined > 1)
        #expect(both.model.dimension == 256 && both.model.name == "sface+dlib-face" && both.model.sha256.count == 64)
        #expect(both.threshold.origin.contains("SFace") && both.threshold.origin.contains("dlib"))
        #expect(throws: WeightsNotFound.self) { try FaceEmbedder("sface+nothing") }
    }

    @Test("FaceEmbedding: of length 1, and only those of the same weights are compared") func comparesEmbeddings()
        throws
    {
        func embedding(_ values: [Float], _ sha256: String = "a", _ metric: EmbeddingModel.Metric = .cosine)
            -> FaceEmbedding
        {
            FaceEmbedding(values, model: EmbeddingModel(name: "n", sha256: sha256, dimension: 2, metric: metric))
        }
        #expect(embedding([3, 4]).values == [0.6, 0.8])
        #expect(embedding([3, 4], "a", .euclidean).values == [3, 4])
        #expect(try embedding([2, 0]).distance(to: embedding([0, 5])) == 1)
        #expect(try embedding([1, 1], "a", .euclidean).distance(to: embedding([4, 5], "a", .euclidean)) == 5)
        #expect(throws: FaceError.self) { try embedding([1, 0]).distance(to: embedding([1, 0], "b")) }
    }

    @Test("Faces: the asynchronous forms give the same") func asynchronousFormsAgree() async throws {
        let (verifier, image) = (try FaceVerifier(), try Self.sample("portrait"))
        let faces = try await verifier.detector.detect(image)
        #expect(try faces == { try verifier.detector.detect(image) }())
        let embedding = try await verifier.embedder.embed(faces[0], in: image)
        #expect(try embedding == { try verifier.embedder.embed(faces[0], in: image) }())
        #expect(try await verifier.verify(image, image).outcome == .same)
    }
}
