import CVImage
import CVModels
import CVNN
import CVSegmentation
import CVTask
import CVTensor
import CVWeights
import Foundation
import TestSupport
import Testing

/// A mock network: the logits of three classes are the three color channels.
private struct Colors: Layer {
    func callAsFunction(_ x: Tensor) -> Tensor { x }
}

@Suite struct SegmenterTests {
    private static let labels = SegmentationLabels(["red", "green", "blue"])
    private static let segmenter = Segmenter(
        network: Colors(), labels: labels, preprocessing: .init(width: 96, height: 64, resize: .stretch))

    /// An image of blocks of one color each, with the index of the strongest channel of each pixel.
    private static func image(_ width: Int, _ height: Int, block: Int) -> (Image, [UInt8]) {
        var image = Image(width: width, height: height, fill: .black)
        var classes: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let index = (x / block + 2 * (y / block)) % 3
                image[x, y] = Color(index == 0 ? 250 : 10, index == 1 ? 250 : 10, index == 2 ? 250 : 10)
                classes.append(UInt8(index))
            }
        }
        return (image, classes)
    }

    @Test(
        "segmenter: full scale predicts the class of every pixel",
        arguments: [(1, 1), (17, 513), (96, 64), (1500, 33), (1100, 1030)])
    func fullScalePredictsEveryPixel(_ width: Int, _ height: Int) throws {
        let (image, classes) = Self.image(width, height, block: 7)
        let map = try Self.segmenter(image, scale: .full)
        #expect(map.mask.values == classes)
        #expect(map.labels == Self.labels)
    }

    @Test(
        "segmenter: trained scale predicts the classes of large areas",
        arguments: [(1, 1), (17, 513), (640, 480), (300, 20)])
    func trainedScalePredictsLargeAreas(_ width: Int, _ height: Int) throws {
        let (image, classes) = Self.image(width, height, block: max(1, min(width, height) / 2))
        let map = try Self.segmenter(image)
        let same = zip(map.mask.values, classes).count { $0 == $1 }
        #expect(Double(same) / Double(classes.count) > 0.85)
    }

    /// Evaluation measures its metrics at this size.
    @Test("segmenter: images of the training size are not resized") func trainingSizeIsNotResized() throws {
        let (image, classes) = Self.image(96, 64, block: 5)
        #expect(try Self.segmenter(image).mask.values == classes)
    }

    /// A network that halves the image six times needs at least 64 pixels.
    @Test(
        "Segmenter: small images are resized to the network's minimum input",
        arguments: [(1, 1), (17, 513), (70, 3)], [Segmenter.Scale.trained, .full])
    func smallImagesAreBroughtToWhatTheNetworkTakes(_ size: (Int, Int), _ scale: Segmenter.Scale) throws {
        let architecture = try ModelRegistry.spec(named: "unet-w1-d6-plain", task: .segment)
        let (network, _) = ParameterSet.initialize(seed: 1) { architecture.makeSegmenter(classes: 3, $0) }
        let segmenter = Segmenter(
            network: network, labels: Self.labels, preprocessing: .init(width: 64, height: 64, resize: .stretch),
            minimumSide: architecture.minimumSide)
        let (image, _) = Self.image(size.0, size.1, block: 2)
        let map = try segmenter(image, scale: scale)
        #expect(map.mask.width == size.0 && map.mask.height == size.1)
        #expect(map.mask.values.allSatisfy { $0 < 3 })
    }

    @Test("segmentation map: shares and boxes of the classes") func mapHasSharesAndBoxes() {
        let mask = Mask(width: 4, height: 2, values: [0, 0, 2, 2, 0, 255, 2, 2])
        let map = SegmentationMap(mask: mask, labels: Self.labels)
        #expect(map.classes().map(\.label) == ["red", "blue"])
        #expect(map.classes().map(\.share) == [0.375, 0.5])
        #expect(map.classes()[1].box == Box(minX: 2, minY: 0, maxX: 4, maxY: 2))
        #expect(map.classes([0]).map(\.classIndex) == [0])
        #expect(map.keeping([2]).mask.values == [255, 255, 2, 2, 255, 255, 2, 2])
        #expect(map.matte(of: [0]).alpha.values == [255, 255, 0, 0, 255, 0, 0, 0])
    }

    @Test("segmenter: probabilities sum to 1") func probabilitiesSumToOne() throws {
        let (image, _) = Self.image(40, 30, block: 9)
        let found = try Self.segmenter.probabilities(image)
        #expect(found.shape == [3, 30, 40])
        let values = found.values
        for pixel in 0..<1200 { #expect(abs(values[pixel] + values[1200 + pixel] + values[2400 + pixel] - 1) < 1e-5) }
    }

    /// The output region of each tile is surrounded by the overlap or the border.
    @Test("tiles: output regions cover every pixel once", arguments: [1, 31, 1024, 1025, 1056, 2000, 5000])
    func tilesCoverEveryPixelOnce(_ size: Int) {
        let tiles = TilePlan(width: size, height: 40, side: 1024, overlap: 64, least: 48).tiles
        #expect(tiles.flatMap { Array($0.columns) } == Array(0..<size))
        for tile in tiles {
            #expect(tile.rows == 0..<40 && tile.height == 0..<48)
            #expect(tile.width.count == min(max(size, 48), 1024))
            #expect(tile.columns.lowerBound == 0 || tile.columns.lowerBound - tile.width.lowerBound >= 64)
            #expect(tile.columns.upperBound == size || tile.width.upperBound - tile.columns.upperBound >= 64)
        }
    }

    @Test("segmenter: a U-Net is loaded from its weights", arguments: [false, true])
    func uNetIsLoaded(_ isBilinear: Bool) throws {
        let (network, parameters) = ParameterSet.initialize(seed: 1) { p in
            UNet(
                classes: 3, depth: 2, width: 4, upsampling: isBilinear ? .bilinear : .transposedConvolution,
                batchNorm: isBilinear, p)
        }
        let path = try Self.write(
            parameters, model: isBilinear ? "unet-w4-d2-bilinear" : "unet-w4-d2-plain", labels: Self.labels.names)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (image, _) = Self.image(96, 64, block: 11)
        let segmenter = try Segmenter(path)
        let direct = Segmenter(network: network, labels: Self.labels, preprocessing: segmenter.preprocessing)
        #expect(try segmenter(image) == direct(image))
    }

    @Test("segmenter: the error for other weights names them") func errorNamesOtherWeights() throws {
        let (_, parameters) = ParameterSet.initialize(seed: 1) { UNet(classes: 3, depth: 1, width: 2, $0) }
        for (model, task, labels, text) in [
            (
                "unet-w2-d1-plain", "classify", Self.labels.names,
                "for the task 'classify'; a network for the task 'segment'"
            ),
            ("unet-w2-d1-plain", "segment", [], "2 to 255"),
            ("unet-w2-d1-plain", "segment", ["a", "b"], "out.weight"),
            ("unet-w2-d2-plain", "segment", Self.labels.names, "\"down.2.0.weight\""),
            ("unet-w2-d99", "segment", Self.labels.names, "unet-w2-d99"),
        ] {
            let path = try Self.write(parameters, model: model, task: task, labels: labels)
            defer { try? FileManager.default.removeItem(atPath: path) }
            let error = #expect(throws: ModelFileError.self) { try Segmenter(path) }
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
            #expect(error?.description.hasPrefix(path) == true)
        }
        #expect(throws: ModelFileError.self) { try PersonSegmenter("yolov3-tiny", detector: nil) }
        #expect(throws: WeightsNotFound.self) { try Segmenter("no-such-model") }
    }

    private static func write(
        _ parameters: ParameterSet, model: String, task: String = "segment", labels: [String]
    ) throws -> String {
        let metadata = WeightsMetadata(
            model: model, task: task, preprocessing: .init(width: 96, height: 64, resize: .stretch), labels: labels)
        let path = NSTemporaryDirectory() + "cvtoolkit-\(UUID().uuidString).safetensors"
        try Data(parameters.safetensors(metadata: metadata.dictionary)).write(to: URL(filePath: path))
        return path
    }
}

@Suite struct PersonSegmenterTests {
    private static func sample(_ name: String) throws -> Image {
        try Image(contentsOf: packageFolder.appending(path: "SampleImages/\(name)").path)
    }

    @Test("person segmenter: finds a person, but no animal or cup") func personIsFoundButNoAnimal() throws {
        let segmenter = try PersonSegmenter()
        let portrait = try Self.sample("portrait.jpg")
        let matte = try segmenter(portrait)
        #expect((0.4...0.65).contains(matte.share))
        // A pixel of the face, and one of the wall beside it.
        #expect(matte.alpha[220, 120] == 255)
        #expect(matte.alpha[490, 20] == 0)
        for name in ["cat.jpg", "coffee.jpg", "retriever.jpg", "parrot.jpg", "room.jpg"] {
            #expect(try segmenter(Self.sample(name)).isEmpty, "\(name)")
        }
        // Without a detector, a cat counts as foreground like a person.
        #expect(try !PersonSegmenter(detector: nil)(Self.sample("cat.jpg")).isEmpty)
    }

    @Test("person segmenter: supports images of any size", arguments: [(1, 1), (17, 513), (700, 3)])
    func anySizeIsSupported(_ width: Int, _ height: Int) throws {
        let segmenter = try PersonSegmenter(detector: nil)
        let matte = try segmenter(Image(width: width, height: height, fill: Color(120, 90, 60)))
        #expect(matte.alpha.width == width && matte.alpha.height == height)
    }
}
