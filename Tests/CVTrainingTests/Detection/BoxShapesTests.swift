import CVCore
import CVDetection
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVTraining
import CVWeights
import TestSupport
import Testing

/// Anchors by k-means, and the networks that have them.
@Suite("Anchors") struct BoxShapesTests {
    private typealias Size = BoxShapes.Size

    /// Twelve boxes around each of three sizes.
    private var groups: BoxShapes {
        let centers = [Size(10, 12), Size(40, 30), Size(90, 160)]
        return BoxShapes(
            (0..<36).map { index in
                let center = centers[index % 3]
                // Evenly around the center, so that the mean is the center.
                let change = index / 3 % 2 == 0 ? 1.05 : 0.95
                return Size(center.width * change, center.height * change)
            })
    }

    @Test("the IoU of two sizes, and the fit of anchors, by hand")
    func fitByHand() {
        #expect(Size(10, 20).iou(Size(20, 10)) == 100.0 / 300)
        #expect(Size(4, 4).iou(Size(8, 8)) == 0.25)
        let shapes = BoxShapes([Size(4, 4), Size(8, 8), Size(8, 4)])
        let fit = shapes.fit([Size(8, 8), Size(4, 4)])
        #expect(fit.anchors == [Size(4, 4), Size(8, 8)])
        // 8×4 shares half with either; the first anchor has it.
        #expect(fit.counts == [2, 1] && abs(fit.meanIoU - 2.5 / 3) < 1e-12 && fit.recall == 1)
        #expect(shapes.fit([Size(2, 2)]).recall == 0)
    }

    @Test("the centers of three groups are found, for every seed")
    func findsGroups() throws {
        for seed in 0..<20 as Range<UInt64> {
            let fit = try #require(groups.clusters(3, seed: seed))
            for (found, expected) in zip(fit.anchors, [Size(10, 12), Size(40, 30), Size(90, 160)]) {
                #expect(abs(found.width - expected.width) < 1e-9 && abs(found.height - expected.height) < 1e-9)
            }
            #expect(fit.counts == [12, 12, 12] && fit.recall == 1)
            #expect(fit == groups.clusters(3, seed: seed))
        }
    }

    @Test("more anchors fit better, and fitted ones better than random ones")
    func fitsBetter() throws {
        var numbers = SplitMix64(seed: 5)
        let shapes = BoxShapes(
            (0..<400).map { _ in Size(.random(in: 5...200, using: &numbers), .random(in: 5...200, using: &numbers)) })
        let fits = try (1...9).map { try #require(shapes.clusters($0, seed: 1)).meanIoU }
        #expect(zip(fits, fits.dropFirst()).allSatisfy { $0 < $1 }, "\(fits)")
        let random = shapes.random(9, in: .init(channels: 3, height: 200, width: 200), seed: 1)
        #expect(random.meanIoU < fits[8] && random.anchors.count == 9)
    }

    @Test("boxes that are no sizes are left out; there are never more anchors than sizes")
    func oddSizes() throws {
        let odd = BoxShapes([
            Size(0, 4), Size(.nan, 4), Size(-3, -3), Size(.infinity, 1), Size(1e300, 1e300), Size(3, 3),
        ])
        #expect(odd.sizes == [Size(3, 3)])
        #expect(try #require(odd.clusters(9, seed: 0)).anchors == [Size(3, 3)])
        #expect(BoxShapes([]).clusters(9, seed: 0) == nil)
    }

    @Test("sizes are those in the letterboxed input, of the images that are asked for")
    func letterboxed() throws {
        let folder = try LandmarkScratch()
        try folder.shapes(count: 4)
        let set = try DetectionDataset(contentsOf: "\(folder.path)/shapes").images
        let size = try #require(set.items[0].size)
        let half = ModelSpec.Input(channels: 3, height: size.height, width: size.width / 2)
        let sizes = BoxShapes(set, items: [0], input: half).sizes
        let expected = set.items[0].objects.labeledBoxes.map {
            Size(Double($0.box.width) / 2, Double($0.box.height) / 2)
        }
        #expect(sizes == expected && !sizes.isEmpty)
    }

    @Test("YOLOv3-tiny learns with the anchors of its data, and its weights keep them")
    func trainsWithAnchors() throws {
        let folder = try LandmarkScratch()
        try folder.shapes(count: 16)
        var recipe = DetectionRecipe(try ModelRegistry.spec(named: "yolov3-tiny", task: .detect))
        recipe.input = .init(channels: 3, height: 64, width: 96)
        (recipe.epochs, recipe.batchSize, recipe.augmentation, recipe.plainEpochs) = (1, 4, "", 0)
        #expect(recipe.anchors == .clusters && recipe.json["anchors"]?.string == "kmeans")
        let set = try DetectionDataset(contentsOf: "\(folder.path)/shapes").images
        let training = try DetectionTraining(recipe, DetectionTraining.decoded(recipe, set))
        let fit = try #require(training.anchors)
        #expect(fit.anchors.count == 6 && fit.meanIoU > 0.7)
        let network = try #require(training.tiny)
        #expect(
            network.boxSizes == fit.anchors.map { .init(Float($0.width), Float($0.height)) }.suffix(3)
                + fit.anchors.map { .init(Float($0.width), Float($0.height)) }.prefix(3))
        let path = "\(folder.path)/tiny.safetensors"
        try FileOutput.write(
            training.parameters.safetensors(metadata: training.metadata, hashData: true), to: path, overwrite: false)
        #expect(try ModelFile.verify(path: path).problems == [])
        _ = try Detector(path)
        // A training that begins with these weights keeps their anchors.
        let pretrained = try PretrainedDetector(path, for: recipe.spec)
        var next = DetectionRecipe(try recipe.spec, pretrained: pretrained)
        (next.input, next.augmentation) = (recipe.input, "")
        #expect(next.anchors == .network)
        let again = try DetectionTraining(next, training.images, pretrained: pretrained)
        #expect(again.tiny?.boxSizes == network.boxSizes)
    }

    @Test("anchors in weights that are no sizes are an error", arguments: [Float.nan, 0, -4, .infinity, 1e30])
    func anchorsThatAreNoSizes(value: Float) throws {
        let (network, parameters) = ParameterSet.initialize(seed: 1) { YOLOv3Tiny(classes: 2, $0) }
        try network.checkInput(width: 64, height: 64)
        parameters["anchors.fine"]?.value = Tensor([10, 10, 20, value, 40, 40], shape: [3, 2])
        #expect(throws: DarknetError.self) { try network.checkInput(width: 64, height: 64) }
    }
}

extension DetectionRecipe {
    fileprivate var spec: ModelSpec { get throws { try ModelRegistry.spec(named: model, task: .detect) } }
}

extension DetectionTraining {
    /// The network, if it is one with anchors.
    fileprivate var tiny: YOLOv3Tiny? {
        if case .detector(let network) = network { network as? YOLOv3Tiny } else { nil }
    }
}
