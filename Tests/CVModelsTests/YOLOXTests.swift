import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct YOLOXTests {
    /// The grids as one tensor, as the golden has them.
    private struct Joined: Layer {
        let network: YOLOX

        func callAsFunction(_ x: Tensor) -> Tensor {
            concatenate(
                network(x).map { grid in
                    let shape = grid.values.shape
                    return grid.values.reshaped([shape[0], shape[1] * shape[2] * shape[3], 1, 1])
                })
        }
    }

    @Test("YOLOX: outputs and gradients of yolox-nano match PyTorch") func outputsAndGradientsMatchPyTorch() throws {
        let golden = try decoded("Golden/networks/yolox-nano.json", as: NetworkGolden.self)
        // Of so few values in the coarsest maps, normalization makes of rounding what it makes of it in PyTorch: in single precision,
        // that is up to 7e-4 from this.
        try golden.compare(outputs: 1e-4, gradients: 1e-3) { Joined(network: YOLOX(classes: 3, $0)) }
    }

    @Test("YOLOX: keys are those of the official checkpoints") func keysAreTheOfficialOnes() throws {
        func keys(_ name: String) throws -> [String: Shape] {
            Dictionary(
                uniqueKeysWithValues: try ModelRegistry.spec(named: name, task: .detect).parameterShapes().map {
                    ($0.name, $0.shape)
                })
        }
        let nano = try keys("yolox-nano")
        #expect(nano["backbone.backbone.stem.conv.conv.weight"] == [16, 12, 3, 3])
        #expect(nano["backbone.backbone.dark2.0.dconv.conv.weight"] == [16, 1, 3, 3])
        #expect(nano["backbone.backbone.dark5.1.conv2.bn.running_var"] == [256])
        #expect(nano["head.cls_convs.0.1.pconv.conv.weight"] == [64, 64, 1, 1])
        let small = try keys("yolox-s")
        #expect(small["backbone.backbone.dark2.0.conv.weight"] == [64, 32, 3, 3])
        #expect(small["backbone.backbone.dark3.1.m.2.conv2.conv.weight"] == [64, 64, 3, 3])
        #expect(small["backbone.C3_n4.m.0.conv1.bn.weight"] == [256])
        #expect(small["head.cls_preds.0.weight"] == [80, 128, 1, 1])
        #expect(small["head.obj_preds.2.bias"] == [1])
    }

    @Test("YOLOX: grids of three strides, and inputs are checked") func gridsAndInputs() throws {
        let network = ParameterSet.initialize(seed: 1) { YOLOX(classes: 2, $0) }.network
        let grids = network(Tensor(repeating: 0.5, shape: [1, 3, 64, 96]))
        #expect(grids.map(\.values.shape) == [[1, 7, 8, 12], [1, 7, 4, 6], [1, 7, 2, 3]])
        #expect(grids.map(\.anchors) == [[.init(8, 8)], [.init(16, 16)], [.init(32, 32)]])
        for (width, height) in [(0, 32), (31, 32), (1 << 40, 1 << 40)] {
            #expect(throws: DarknetError.self) { try network.checkInput(width: width, height: height) }
        }
    }

    @Test("YOLOX: before training objects are rare") func objectsAreRareBeforeTraining() throws {
        let parameters = ParameterSet.initialize(seed: 1) { YOLOX(classes: 2, $0) }.parameters
        let bias = try #require(parameters["head.obj_preds.1.bias"]?.value.item)
        #expect(abs(bias + 4.59512) < 1e-5)
    }
}
