import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct YOLOv3Tests {
    @Test("YOLOv3: published number of parameters") func hasThePublishedNumberOfParameters() {
        let shapes = ParameterSet.shapes { YOLOv3($0) }
        // The official file holds 248,007,048 bytes: a header of 20, and 62,001,757 floats.
        #expect(shapes.reduce(0) { $0 + $1.shape.count } == 62_001_757)
        let trained = shapes.filter { !$0.name.contains("running_") }
        #expect(trained.reduce(0) { $0 + $1.shape.count } == 61_949_149)
        #expect(ModelRegistry.shapes(of: "yolov3", classes: 7)?["scale3.head.weight"] == [36, 256, 1, 1])
    }

    /// The reference implementation of `Tools/golden/networks_inception.py`, narrower than the paper's, with all its
    /// layers.
    @Test("YOLOv3: grids match PyTorch", arguments: ["yolov3", "yolov3-wide"])
    func givesTheGridsOfPyTorch(_ name: String) throws {
        let golden = try decoded("Golden/networks/\(name).json", as: NetworkGolden.self)
        try golden.compare { FlatGrids(YOLOv3(classes: 3, width: 4, $0)) }
    }

    /// The result of the interpreter of `.cfg` files with the same weights.
    @Test("YOLOv3: grids match those of its darknet configuration") func givesTheGridsOfItsConfiguration() throws {
        func random(_ name: String, _: Shape) -> Initializer? { name.hasSuffix("var") ? .uniform(0.5...1.5) : nil }
        let (network, parameters) = ParameterSet.initialize(seed: 3, choosing: random) {
            YOLOv3(classes: 2, width: 4, $0)
        }
        let text = YOLOv3Configuration.text(classes: 2, width: 4)
        let reference = try DarknetNetwork(
            DarknetConfiguration(text: text), weights: YOLOv3Configuration.weights(parameters))
        #expect(reference.stride == network.stride && reference.classCount == network.classCount)
        let x = uniformTensor(seed: 1, [1, 3, 64, 96])
        for (found, expected) in zip(network(x), reference(x)) {
            #expect(found.anchors == expected.anchors && found.anchors.count == 3)
            #expect(found.scaleXY == expected.scaleXY && found.isActivated == expected.isActivated)
            #expect(relativeError(found.values, expected.values) < 1e-5)
        }
        #expect(network(x).map(\.values.shape) == [[1, 21, 2, 3], [1, 21, 4, 6], [1, 21, 8, 12]])
    }

    @Test("YOLOv3: input sizes are checked") func knowsWhichInputsItCanTake() throws {
        func zeros(_: String, _: Shape) -> Initializer? { .zeros }
        let network = ParameterSet.initialize(seed: 1, choosing: zeros) { YOLOv3(classes: 1, $0) }.network
        try network.checkInput(width: 608, height: 416)
        try network.checkInput(width: 2880, height: 2880)
        for (width, height) in [(0, 32), (416, 417), (-32, 32), (4096, 4096), (1 << 40, 1 << 40)] {
            #expect(throws: DarknetError.self) { try network.checkInput(width: width, height: height) }
        }
    }

    @Test("YOLOv3: a gradient for every weight") func everyWeightGetsAGradient() {
        let (network, parameters) = ParameterSet.initialize(seed: 1) { YOLOv3(classes: 3, width: 4, $0) }
        let tape = Tape(.training)
        let y = FlatGrids(network)(tape.watch(uniformTensor(seed: 1, [1, 3, 64, 64])))
        tape.gradients(of: squaredError(y, y.detached + 1))
        for parameter in parameters { #expect((parameter.gradient == nil) == parameter.isBuffer, "\(parameter.name)") }
    }
}

/// The grids one after the other: [N, values].
private struct FlatGrids: Layer {
    let network: YOLOv3

    init(_ network: YOLOv3) { self.network = network }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let columns = network(x).map { grid in
            grid.values.reshaped([x.shape[0], grid.values.shape.count / x.shape[0], 1, 1])
        }
        return Flatten()(concatenate(columns))
    }
}
