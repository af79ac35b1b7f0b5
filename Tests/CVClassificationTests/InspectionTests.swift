import CVClassification
import CVImage
import CVModels
import CVNN
import CVTensor
import CVWeights
import TestSupport
import Testing

@Suite struct InspectionTests {
    private struct Case: Decodable {
        let weights, image, model: String?
        let seed: UInt64?
        let layer: String?
        let label, width, height: Int
        let values: [Float]

        private enum CodingKeys: String, CodingKey {
            case weights, model, seed, layer, label, width, height, values
            case image = "picture"
        }
    }

    /// In double precision: `Tools/golden.py grad-cam`. A ReLU whose input is 0 up to rounding may switch, which changes
    /// the mean of a gradient by more than rounding.
    @Test("Grad-CAM: maps match PyTorch") func mapsAreThoseOfPyTorch() throws {
        let cases = try decoded("Golden/grad-cam.json", as: [Case].self)
        #expect(cases.count == 6)
        for golden in cases {
            let (classifier, image) = try subject(golden)
            let map = try classifier.classActivation(
                of: image, class: golden.weights == nil ? nil : golden.label, layer: golden.layer)
            #expect(map.classification.index == golden.label)
            #expect((map.width, map.height) == (golden.width, golden.height))
            let largest = golden.values.max() ?? 0
            #expect(largest > 0)
            for (found, expected) in zip(map.values, golden.values) {
                #expect(abs(found - expected) < 2e-3 * largest, "\(golden.image ?? golden.model ?? "")")
            }
            #expect(map.shares.max() == 1)
            #expect(map.frame.box.width == Float(image.width))
        }
    }

    private func subject(_ golden: Case) throws -> (Classifier, Image) {
        if let weights = golden.weights, let image = golden.image {
            let path = packageFolder.appending(path: "SampleImages/\(image)").path
            return (try Classifier(weights), try Image(contentsOf: path))
        }
        let (name, seed) = (try #require(golden.model), try #require(golden.seed))
        let architecture = try ModelRegistry.spec(named: name, task: .classify)
        let shapes = ParameterSet.shapes { architecture.makeClassifier(classes: 10, $0) }
        let (network, parameters) = try ParameterSet.load(
            { architecture.makeClassifier(classes: 10, $0) }, from: seededState(shapes, seed: 1000 * seed))
        parameters.setTrainable(false)
        let classifier = Classifier(
            network, name: name, labels: (0..<10).map { "\($0)" },
            preprocessing: Preprocessing(width: 64, height: 64, resize: .stretch))
        let pixels = uniformTensor(seed: seed, [64, 64, 3]).values.map { UInt8($0 * 256) }
        return (classifier, Image(width: 64, height: 64, format: .rgb, pixels: pixels))
    }

    @Test("classifier: layers are listed with their shapes") func layersHaveShapes() throws {
        let classifier = try Classifier("resnet20-cifar10")
        let layers = classifier.layers
        #expect(layers.count == 38)
        #expect(layers[0].name == "conv1" && layers[0].shape == [16, 32, 32])
        #expect(layers[37].name == "layer3.2.bn2" && layers[37].shape == [64, 8, 8])
        #expect(try classifier.shape(ofLayer: "layer2") == [32, 16, 16])
        #expect(throws: LayerError.self) { try classifier.shape(ofLayer: "layer4") }
        #expect(throws: UnitError(layer: "layer2", unit: 32, units: 32)) {
            try TopActivations(classifier, layer: "layer2", unit: 32)
        }
    }

    /// The receptive field of two 3×3 convolutions is 5×5 pixels; that of one is 3×3.
    @Test(
        "top activations: a patch has the size of the receptive field",
        arguments: [("bn1", 3), ("layer1.0.bn1", 5), ("layer1.0.conv2", 7)])
    func patchHasSizeOfReceptiveField(layer: String, side: Float) throws {
        let topActivations = try TopActivations(Classifier("resnet20-cifar10"), layer: layer, unit: 8)
        var image = Image(width: 320, height: 320, fill: .black)
        image.fill(Box(minX: 150, minY: 150, maxX: 170, maxY: 190), color: .white)
        let found = try #require(try topActivations.strongest(in: image))
        // The input has a tenth of the image's side.
        #expect(abs(found.box.width - side * 10) < 1e-3 && abs(found.box.height - side * 10) < 1e-3)
        #expect(try topActivations.strongest(in: image, above: found.value) == nil)
        #expect(try topActivations.strongest(in: image, above: found.value - 1e-3) == found)
    }

    /// The same patch in an otherwise black image.
    @Test("top activations: the patch alone activates the unit as much") func patchAloneActivatesAsMuch() throws {
        let topActivations = try TopActivations(Classifier("resnet20-cifar10"), layer: "layer1.0.bn1", unit: 3)
        var image = Image(width: 32, height: 32, fill: Color(90, 120, 60))
        for index in 0..<32 * 32 {
            let value = UInt8(truncatingIfNeeded: SplitMix64.number(UInt64(index), seed: 5))
            image[index % 32, index / 32] = Color(value, value / 2, 255 - value)
        }
        let found = try #require(try topActivations.strongest(in: image))
        var alone = Image(width: 32, height: 32, fill: .black)
        let patch = try #require(image.cropped(to: found.box))
        alone.paste(patch, x: Int(found.box.minX), y: Int(found.box.minY))
        let again = try #require(try topActivations.strongest(in: alone))
        #expect(abs(again.value - found.value) < 1e-4 || again.value > found.value)
    }
}
