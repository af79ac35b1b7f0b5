import CVDetection
import CVFaces
import CVImage
import CVTask
import CVTensor
import TestSupport
import Testing

/// The shipped networks for faces against reference runtimes: `Tools/golden.py faces`.
@Suite("Faces against reference runtimes") struct FaceGoldenTests {
    struct Portrait: Decodable {
        struct Found: Decodable { let confidence: Float, box: [Float], points: [[Float]] }
        let image: String, part: [Int], size: [Int], mirrored: Bool, faces: [Found]

        var pixels: Image {
            get throws { try FaceGoldenTests.portrait(image, part, size, mirrored) }
        }
    }

    /// As the script makes it: a part of a sample image in another size, perhaps mirrored.
    static func portrait(_ name: String, _ part: [Int], _ size: [Int], _ mirrored: Bool) throws -> Image {
        let image = try Image(contentsOf: packageFolder.appending(path: "SampleImages/\(name)").path)
            .cropped(x: part[0], y: part[1], width: part[2] - part[0], height: part[3] - part[1])
            .resized(width: size[0], height: size[1])
        return mirrored ? image.flippedHorizontally() : image
    }

    /// Boxes and points within a pixel of the input, confidences within 0.01.
    static func compare(_ found: [Detection], with expected: [Portrait.Found], _ name: String) {
        #expect(found.count == expected.count, "\(name)")
        for (face, golden) in zip(found, expected) {
            #expect(abs(face.confidence - golden.confidence) < 0.01, "\(name)")
            let box = [face.box.minX, face.box.minY, face.box.maxX, face.box.maxY]
            #expect(zip(box, golden.box).allSatisfy { abs($0 - $1) < 1 }, "\(name): \(box), \(golden.box)")
            let points = face.keypoints ?? []
            #expect(points.count == golden.points.count)
            for (point, expected) in zip(points.map(\.position), golden.points) {
                #expect(abs(point.x - expected[0]) < 1 && abs(point.y - expected[1]) < 1, "\(name)")
            }
        }
    }

    @Test("YuNet: boxes, points and scores of twelve portraits match ONNX Runtime") func yuNet() throws {
        let detector = try Detector("yunet")
        #expect(detector.labels == ["face"] && detector.keypointNames.count == 5)
        var options = DetectionOptions()
        (options.confidence, options.iouThreshold) = (0.5, 0.3)
        let portraits = try decoded("Golden/yunet.json", as: [Portrait].self)
        #expect(portraits.count == 12 && portraits.allSatisfy { !$0.faces.isEmpty })
        for portrait in portraits {
            let sized = try detector.resized(width: portrait.size[0], height: portrait.size[1])
            let found = try sized.detect(portrait.pixels, options: options)
            Self.compare(found, with: portrait.faces, "\(portrait.image) \(portrait.size)")
        }
    }

    @Test(
        "BlazeFace: boxes, points and scores of twelve portraits match TensorFlow Lite",
        arguments: [("blazeface-short", 128), ("blazeface-full", 192)])
    func blazeFace(name: String, side: Int) throws {
        let detector = try Detector(name).resized(width: side, height: side)
        #expect(detector.keypointNames == ["right eye", "left eye", "nose", "mouth", "right ear", "left ear"])
        var options = DetectionOptions()
        (options.confidence, options.iouThreshold) = (0.5, 0.3)
        let portraits = try decoded("Golden/\(name).json", as: [Portrait].self)
        #expect(portraits.count == 12 && portraits.allSatisfy { !$0.faces.isEmpty && $0.size == [side, side] })
        for portrait in portraits {
            let found = try detector.detect(portrait.pixels, options: options)
            Self.compare(found, with: portrait.faces, "\(portrait.part)")
        }
    }

    struct Mesh: Decodable { let part: [Int], mirrored: Bool, presence: Float, points: [Float] }

    @Test(
        "Face mesh: points match TensorFlow Lite within half a percent of the face's width",
        arguments: [("face-mesh", 468), ("face-mesh-attention", 478)])
    func faceMesh(name: String, count: Int) throws {
        let file = try ModelFile(name, task: .mesh)
        guard case .mesh(let network) = try file.network() else { return #expect(Bool(false)) }
        #expect(network.pointCount == count)
        let cases = try decoded("Golden/\(name).json", as: [Mesh].self)
        #expect(cases.count == 2 && cases.allSatisfy { $0.points.count == 3 * count })
        for mesh in cases {
            let image = try Self.portrait("portrait.jpg", mesh.part, [192, 192], mesh.mirrored)
            let (points, presence) = network(file.metadata.preprocessing.tensor(image))
            #expect(points.shape == [1, 3 * count] && presence.shape == [1, 1])
            // Of about 100 pixels.
            let columns = stride(from: 0, to: 3 * count, by: 3).map { mesh.points[$0] }
            let tolerance = 0.005 * ((columns.max() ?? 0) - (columns.min() ?? 0))
            #expect(zip(points.values, mesh.points).allSatisfy { abs($0 - $1) < tolerance })
            #expect(abs(presence.item - mesh.presence) < 0.1)
        }
    }

    @Test("dlib's network: embeddings match PyTorch within a thousandth") func dlibFace() throws {
        let network = try FaceNetwork("dlib-face")
        let cases = try decoded("Golden/dlib-face.json", as: [Aligned].self)
        #expect(cases.count == 3 && network.model.metric == .euclidean && network.template == .dlib)
        for golden in cases {
            let image = try Self.portrait("portrait.jpg", golden.part, [150, 150], golden.mirrored)
            let found = try network.embed(image, averagesMirrorImage: false)
            #expect(zip(found.values, golden.embedding).allSatisfy { abs($0 - $1) < 1e-3 })
        }
    }

    struct Aligned: Decodable { let part: [Int], mirrored: Bool, embedding: [Float] }

    @Test("SFace: embeddings match ONNX Runtime within a thousandth") func sFace() throws {
        let network = try FaceNetwork("sface")
        let cases = try decoded("Golden/sface.json", as: [Aligned].self)
        #expect(cases.count == 4)
        for golden in cases {
            let image = try Self.portrait("portrait.jpg", golden.part, [112, 112], golden.mirrored)
            let found = try network.embed(image, averagesMirrorImage: false)
            #expect(found.values.count == golden.embedding.count)
            #expect(zip(found.values, golden.embedding).allSatisfy { abs($0 - $1) < 1e-3 })
        }
    }
}
