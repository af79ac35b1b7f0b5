import CVCore
import CVImage
import CVLandmarks
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights
import Foundation
import TestSupport
import Testing

/// Finds dark discs: the positions of a red, a green and a blue one as their centers of mass in the input.
private struct DiscNetwork: LandmarkNetwork {
    let head: LandmarkHead
    /// Whether p_c grows with the light; else it is always the same.
    var isSurerOfLarger = false

    func callAsFunction(_ x: Tensor) -> Tensor {
        let (height, width) = (x.shape[2], x.shape[3])
        if head == .heatmap { return averagePool2d(x, ConvGeometry(kernel: 4, stride: 4)) * (1.0 / 255) }
        var output: [Float] = [3]
        var light: Float = 0
        x.withValues { values in
            for channel in 0..<3 {
                var (mass, sumX, sumY): (Float, Float, Float) = (1e-9, 0, 0)
                for index in 0..<height * width {
                    // Light in one channel, dark in the others.
                    let others = (1...2).map { values[(channel + $0) % 3 * height * width + index] }
                    let light = max(values[channel * height * width + index] - max(others[0], others[1]) - 100, 0)
                    mass += light
                    sumX += light * (Float(index % width) + 0.5)
                    sumY += light * (Float(index / width) + 0.5)
                }
                light += mass
                output += [sumX / mass / Float(width), sumY / mass / Float(height)]
            }
        }
        if isSurerOfLarger { output[0] = light / 10_000 - 1 }
        return Tensor(output, shape: [1, 7])
    }
}

@Suite("The detector of landmarks") struct LandmarkDetectorTests {
    private let points = [Point(x: 130, y: 90), Point(x: 190, y: 70), Point(x: 170, y: 130)]

    /// An image with a disc at each point.
    private var image: Image {
        var image = Image(width: 320, height: 200, fill: Color(10, 10, 10))
        let colors = [Color(255, 10, 10), Color(10, 255, 10), Color(10, 10, 255)]
        for (point, color) in zip(points, colors) { image.fillCircle(center: point, radius: 7, color: color) }
        return image
    }

    private func detector(_ head: LandmarkHead, _ decoding: LandmarkDecoding, fill: Double = 0.5) -> LandmarkDetector {
        let scheme = LandmarkScheme(
            points: ["red", "green", "blue"], pairs: [.init(0, 1)],
            eyes: .init(left: [0], right: [1], corners: (0, 1)))
        return LandmarkDetector(
            network: DiscNetwork(head: head), scheme: scheme,
            preprocessing: Preprocessing(
                width: 64, height: 64, resize: .stretch, mean: [0, 0, 0], std: [1, 1, 1]), decoding: decoding,
            fill: fill)
    }

    private func error(_ found: Landmarks) -> Float {
        zip(found.points, points).map { max(abs($0.x - $1.x), abs($0.y - $1.y)) }.max() ?? .infinity
    }

    @Test("positions come back in pixels of the image, and a second pass is more exact", arguments: [1, 2])
    func positionsAreThoseOfTheImage(passes: Int) throws {
        let found = try detector(.regression, .coordinates).detect(
            image, options: LandmarkOptions(passes: passes, mirrored: false))
        // A pixel of the input is five of the image in the first pass, and two in the second.
        #expect(error(found) < (passes == 1 ? 1.5 : 0.5), "\(found.points)")
        #expect(abs(found.confidence - 0.9526) < 1e-3 && found.scores == nil && found.box == nil)
    }

    @Test("points with depth are three numbers in JSON, and come back") func jsonWithDepth() throws {
        let flat = Landmarks(points: [Point(x: 1.5, y: 2)], confidence: 0.5)
        var deep = flat
        deep.depths = [-3.25]
        #expect(flat.json["points"]?.text == "[[1.5,2.0]]" && deep.json["points"]?.text == "[[1.5,2.0,-3.25]]")
        for landmarks in [flat, deep] {
            let data = try JSONEncoder().encode(landmarks)
            #expect(try JSONDecoder().decode(Landmarks.self, from: data) == landmarks)
        }
        for points in ["[[1,2],[1,2,3]]", "[[1]]", "[[1,2,3,4]]"] {
            let text = #"{"confidence":1,"box":null,"points":\#(points)}"#
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(Landmarks.self, from: Data(text.utf8))
            }
        }
    }

    @Test("in a long image the search begins at the part of which the network is surest")
    func longImages() throws {
        var wide = Image(width: 640, height: 80, fill: Color(10, 10, 10))
        let targets = [Point(x: 500, y: 30), Point(x: 530, y: 30), Point(x: 515, y: 55)]
        let colors = [Color(255, 10, 10), Color(10, 255, 10), Color(10, 10, 255)]
        for (point, color) in zip(targets, colors) { wide.fillCircle(center: point, radius: 6, color: color) }
        for image in [wide, wide.rotated(quarterTurns: 1)] {
            let detector = LandmarkDetector(
                network: DiscNetwork(head: .regression, isSurerOfLarger: true),
                scheme: LandmarkScheme(points: ["red", "green", "blue"], pairs: nil),
                preprocessing: Preprocessing(
                    width: 64, height: 64, resize: .stretch, mean: [0, 0, 0], std: [1, 1, 1]),
                decoding: .coordinates, fill: 0.5)
            let found = try detector.detect(image, options: LandmarkOptions(passes: 1))
            // The first point by the image: red is at the top left of the wide one.
            let expected = image.width > image.height ? targets[0] : Point(x: 30, y: 140)
            #expect(abs(found.points[0].x - expected.x) < 1 && abs(found.points[0].y - expected.y) < 1, "\(found)")
            #expect(found.confidence > 0.5)
        }
    }

    @Test("the mean with the mirror image swaps the pairs, and is left out where they are not known")
    func mirrorImages() throws {
        func found(_ pairs: [Augment.Mirror.Pair]?, mirrored: Bool = true) throws -> [Point] {
            let detector = LandmarkDetector(
                network: DiscNetwork(head: .regression), scheme: LandmarkScheme(points: ["r", "g", "b"], pairs: pairs),
                preprocessing: Preprocessing(
                    width: 64, height: 64, resize: .stretch, mean: [0, 0, 0], std: [1, 1, 1]),
                decoding: .coordinates, fill: 0.5)
            return try detector.detect(image, options: LandmarkOptions(passes: 1, mirrored: mirrored)).points
        }
        let (plain, unpaired) = (try found(nil), try found([]))
        #expect(try found(nil, mirrored: false) == plain && found([], mirrored: false) == plain)
        for (a, b) in zip(plain, unpaired) { #expect(abs(a.x - b.x) < 0.5 && abs(a.y - b.y) < 0.5) }
        // This network knows colors, not sides: with a pair it gets the mean of both.
        let paired = try found([.init(0, 1)])
        for index in 0..<2 {
            #expect(abs(paired[index].x - (plain[0].x + plain[1].x) / 2) < 0.5)
            #expect(abs(paired[index].y - (plain[0].y + plain[1].y) / 2) < 0.5)
        }
        #expect(abs(paired[2].x - plain[2].x) < 0.5)
    }

    @Test("a box is where the search begins; it may reach beyond the image")
    func boxes() throws {
        let box = Box(minX: 100, minY: -20, maxX: 240, maxY: 160)
        let found = try detector(.regression, .coordinates, fill: 0.9).detect(
            image, in: box, options: LandmarkOptions(passes: 1, mirrored: false))
        #expect(error(found) < 1.2 && found.box == box, "\(found.points)")
    }

    @Test(
        "heat maps: the highest cell with its neighbors, and soft-argmax",
        arguments: [LandmarkDecoding.argmax, .softArgmax])
    func heatMaps(decoding: LandmarkDecoding) throws {
        let detector = detector(.heatmap, decoding)
        let region = LandmarkRegion(center: Point(x: 160, y: 100), side: 128)
        // Of gray noise the maps would be flat; here they have one peak each.
        let found = try detector.look(image, at: region)
        let scores = try #require(found.scores)
        #expect(scores.count == 3 && scores.allSatisfy { $0 > (decoding == .argmax ? 0.3 : 0) && $0 <= 1 })
        #expect(abs(found.confidence - scores.reduce(0, +) / 3) < 1e-6)
        // Cells are eight pixels of the image.
        #expect(decoding == .softArgmax || error(found) < 3, "\(found.points)")
    }

    @Test("the asynchronous form finds the same")
    func asynchronousForm() async throws {
        let detector = detector(.regression, .coordinates)
        let (image, box) = (image, Box(minX: 100, minY: 40, maxX: 220, maxY: 160))
        // The compiler prefers asynchronous forms in an asynchronous function.
        func synchronous() throws -> (Landmarks, Landmarks) {
            (try detector.detect(image), try detector.detect(image, in: box))
        }
        let (whole, part) = try synchronous()
        let (first, second) = (
            try await detector.detect(image), try await detector.detect(image, in: box)
        )
        #expect(first == whole && second == part)
    }

    @Test("results are JSON and come back from it")
    func coding() throws {
        for scores in [nil, [0.5, 1]] as [[Float]?] {
            let face = Landmarks(
                points: [Point(x: 1.5, y: 2), Point(x: -3, y: 0.25)], confidence: 0.75, scores: scores,
                box: scores == nil ? nil : Box(minX: 0, minY: 1, maxX: 2, maxY: 3))
            let data = try JSONEncoder().encode(face)
            #expect(try JSONDecoder().decode(Landmarks.self, from: data) == face)
            func keys(_ json: JSONValue) -> Set<String> { Set((json.object ?? []).map(\.key)) }
            #expect(try keys(JSONValue.parse(String(decoding: data, as: UTF8.self))) == keys(face.json))
        }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(
                Landmarks.self, from: Data(#"{"confidence":1,"box":null,"points":[[1,2]],"scores":[1,2]}"#.utf8))
        }
    }

    /// Weights with this text under the key `landmarks`.
    private func weights(_ text: String?, at path: String, model: String = "landmarks-heatmap-small") throws {
        let spec = try ModelRegistry.spec(named: model, task: .landmarks)
        let tensors = seededState(spec.parameterShapes(classes: 5), seed: 3).map {
            SafetensorsTensor($0.key, shape: $0.value.shape.dimensions, values: $0.value.values)
        }
        var metadata = WeightsMetadata(
            model: model, task: "landmarks", preprocessing: spec.preprocessing(),
            labels: LandmarkScheme.eyesNoseMouth.points
        ).dictionary
        metadata["landmarks"] = text
        try FileOutput.write(Safetensors.encode(tensors, metadata: metadata), to: path, overwrite: true)
    }

    @Test("weights say what their points are, and say what is wrong with that")
    func weightsDescribeTheirPoints() throws {
        let path = NSTemporaryDirectory() + "landmarks-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try weights(nil, at: path)
        let usual = try LandmarkDetector(path)
        #expect(usual.scheme == .eyesNoseMouth && usual.decoding == .argmax)
        try weights(
            #"{"pairs":[[0,1]],"eyes":{"left":[0],"right":[1],"corners":[0,1]},"decoding":"soft-argmax","fill":0.5}"#,
            at: path)
        let described = try LandmarkDetector(path)
        #expect(described.decoding == .softArgmax && described.fill == 0.5 && described.scheme.pairs.count == 1)
        let wrong = [
            ("{", "not valid JSON"), (#"{"pairs":[[0,9]]}"#, "from 0 to 4"),
            (#"{"pairs":[[0,0]]}"#, "two different points"),
            (#"{"pairs":[[0,1],[1,2]]}"#, "in two pairs"), (#"{"eyes":{"left":[0]}}"#, "right eye"),
            (#"{"decoding":"guess"}"#, "not known"), (#"{"decoding":"coordinates"}"#, "not the network's"),
            (#"{"fill":7}"#, "0.05 to 1"), (#"{"contours":[{"points":"all"}]}"#, "a contour"),
        ]
        for (text, expected) in wrong {
            try weights(text, at: path)
            let error = #expect(throws: ModelFileError.self) { try LandmarkDetector(path) }
            #expect(error?.description.contains(expected) == true, "\(text): \(error?.description ?? "")")
        }
    }
}
