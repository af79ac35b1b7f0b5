import CVModels
import CVNN
import CVTensor
import Testing

@Suite struct YOLOv3TinyTests {
    @Test("YOLOv3-tiny: published number of parameters") func hasThePublishedNumberOfParameters() {
        // Weights may do without anchors.
        let count = ParameterSet.shapes(offered: ["conv1.conv.weight"]) { YOLOv3Tiny($0) }.reduce(0) {
            $0 + $1.shape.count
        }
        // The official file holds 8,858,734 floats after its header.
        #expect(count == 8_858_734)
    }

    @Test("YOLOv3-tiny: two grids for any multiple of the stride") func givesTwoGridsForAnyMultipleOfItsStride() throws
    {
        let state = Dictionary(
            uniqueKeysWithValues: ParameterSet.shapes { YOLOv3Tiny($0) }.map {
                ($0.name, Tensor(repeating: 0.01, shape: $0.shape))
            })
        let network = try ParameterSet.load({ YOLOv3Tiny($0) }, from: state).network
        let grids = network(Tensor(repeating: 0.5, shape: [1, 3, 64, 96]))
        #expect(grids.map(\.values.shape) == [[1, 255, 2, 3], [1, 255, 4, 6]])
    }

    /// The number of classes may be what a file claims; nothing is allocated for shapes alone.
    @Test("YOLOv3-tiny: shapes of huge class counts allocate nothing") func shapesOfAbsurdlyManyClassesTakeNoMemory() {
        let shapes = ModelRegistry.shapes(of: "yolov3-tiny", classes: 1 << 40)
        #expect(shapes?["head1.bias"] == [3 * (5 + (1 << 40))])
        #expect(throws: ParameterMismatch.self) {
            try ParameterSet.load({ YOLOv3Tiny(classes: 1 << 40, $0) }, from: [:]).network
        }
    }

    @Test("YOLOv3-tiny: input sizes are checked") func knowsWhichInputsItCanTake() throws {
        let network = ParameterSet.initialize(seed: 1) { YOLOv3Tiny(classes: 1, $0) }.network
        try network.checkInput(width: 4096, height: 4096)
        for (width, height) in [(0, 32), (31, 32), (32, 33), (-32, 32), (8192, 8192), (1 << 40, 1 << 40)] {
            #expect(throws: DarknetError.self) { try network.checkInput(width: width, height: height) }
        }
    }

    @Test("YOLOv3-tiny: every mismatched key is reported") func namesEveryKeyThatDoesNotFit() {
        var state = Dictionary(
            uniqueKeysWithValues: ParameterSet.shapes { YOLOv3Tiny($0) }.map {
                ($0.name, Tensor(repeating: 0, shape: $0.shape))
            })
        state["head1.bias"] = nil
        state["conv1.bn.weight"] = Tensor(repeating: 0, shape: [17])
        state["conv99.weight"] = Tensor(repeating: 0, shape: [1])
        let error = #expect(throws: ParameterMismatch.self) {
            try ParameterSet.load({ YOLOv3Tiny($0) }, from: state).network
        }
        #expect(error?.difference.missing == ["head1.bias"])
        #expect(error?.difference.misshapen == [.init(key: "conv1.bn.weight", expected: [16], found: [17])])
        #expect(error?.difference.unexpected == ["conv99.weight"])
        #expect(error?.description.contains("of its 61 parameters 1 are missing") == true)
    }
}
