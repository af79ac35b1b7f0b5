import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct SSDMobileNetV2Tests {
    /// The heads as one tensor, as the golden has them.
    private struct Joined: Layer {
        let network: SSDMobileNetV2

        func callAsFunction(_ x: Tensor) -> Tensor {
            concatenate(
                network(x).flatMap { [$0.scores, $0.values] }.map { head in
                    let shape = head.shape
                    return head.reshaped([shape[0], shape[1] * shape[2] * shape[3], 1, 1])
                })
        }
    }

    /// Made by `Tools/golden.py ssd`.
    @Test("SSD: outputs and gradients on MobileNetV2 match PyTorch") func outputsAndGradientsMatchPyTorch() throws {
        let golden = try decoded("Golden/networks/ssd-mobilenetv2.json", as: NetworkGolden.self)
        try golden.compare(outputs: 1e-4, gradients: 1e-3) { Joined(network: SSDMobileNetV2(classes: 3, $0)) }
    }

    @Test("SSD: keys are those of torchvision") func keysAreTorchvisions() throws {
        let spec = try ModelRegistry.spec(named: "ssd-mobilenetv2", task: .detect)
        let shapes = Dictionary(uniqueKeysWithValues: spec.parameterShapes().map { ($0.name, $0.shape) })
        #expect(shapes["backbone.features.0.0.weight"] == [32, 3, 3, 3])
        #expect(shapes["backbone.features.1.conv.1.weight"] == [16, 32, 1, 1])
        #expect(shapes["backbone.features.14.conv.0.1.running_var"] == [576])
        #expect(shapes["backbone.features.18.0.weight"] == [1280, 320, 1, 1])
        #expect(shapes["backbone.extra.0.1.0.weight"] == [256, 1, 3, 3])
        #expect(shapes["backbone.extra.3.2.0.weight"] == [128, 64, 1, 1])
        #expect(shapes["head.classification_head.module_list.0.weight"] == [240, 576, 3, 3])
        #expect(shapes["head.regression_head.module_list.5.bias"] == [24])
    }

    @Test("SSD: six grids of anchors, 1917 boxes for 300 × 300") func gridsAndAnchors() throws {
        let network = ParameterSet.initialize(seed: 1) { SSDMobileNetV2(classes: 2, $0) }.network
        let grids = network(Tensor(repeating: 0.5, shape: [1, 3, 300, 300]))
        #expect(grids.map { $0.values.shape[2] } == [19, 10, 5, 3, 2, 1])
        let boxes = grids.map { $0.anchors.count * $0.values.shape[2] * $0.values.shape[3] }
        #expect(boxes.reduce(0, +) == 1917 && grids.allSatisfy { $0.classCount == 2 })
        // As constants of the published graph have them: scales and aspect ratios.
        func expect(_ level: Int, _ sizes: [(scale: Float, ratio: Float)]) {
            #expect(grids[level].anchors.count == sizes.count)
            for (anchor, (scale, ratio)) in zip(grids[level].anchors, sizes) {
                let (size, root) = (300 * scale, ratio.squareRoot())
                let (width, height) = (size * root, size / root)
                #expect(abs(anchor.width - width) < 1e-3 && abs(anchor.height - height) < 1e-3, "\(level)")
            }
        }
        expect(0, [(0.1, 1), (0.2, 2), (0.2, 0.5)])
        let scales: [(Float, Float)] = [
            (0.35, 0.41833), (0.5, 0.57008773), (0.65, 0.7211102), (0.8, 0.8717798), (0.95, 0.9746794),
        ]
        for (index, (scale, between)) in scales.enumerated() {
            expect(index + 1, [(scale, 1), (scale, 2), (scale, 0.5), (scale, 3), (scale, 0.3333), (between, 1)])
        }
    }

    @Test("SSD: inputs of other sizes have the same anchors") func otherSizes() {
        let network = ParameterSet.initialize(seed: 1) { SSDMobileNetV2(classes: 1, $0) }.network
        let grids = network(Tensor(repeating: 0, shape: [1, 3, 33, 65]))
        #expect(
            grids.map { $0.values.shape.dimensions.suffix(2) } == [
                [3, 5], [2, 3], [1, 2], [1, 1], [1, 1], [1, 1],
            ])
        // Anchors do not grow with the input.
        #expect(grids[0].anchors == SSDMobileNetV2.anchors.shapes(0) && abs(grids[0].anchors[0].width - 30) < 1e-4)
        #expect((grids[0].inputWidth, grids[0].inputHeight) == (65, 33))
    }
}
