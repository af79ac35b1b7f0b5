import CVCore
import CVGraph
import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

/// Every network of the registry through an engine, against the same network run operation by operation.
@Suite("Inference engine: networks of the registry", .serialized) struct EngineAgreementTests {
    /// A network with seeded parameters, of which none makes the results vanish, and an input.
    private struct Sample {
        let network: ModelNetwork
        let x: Tensor
        let expected: [Tensor]

        init(_ name: String, batch: Int = 1, sides: (Int, Int)? = nil) throws {
            let spec = try ModelRegistry.spec(named: name)
            let shapes = ParameterSet.shapes { spec.make($0) }
            network = try ParameterSet.load({ spec.make($0) }, from: seededState(shapes, seed: 1)).network
            let input = spec.defaultInput
            func side(_ wanted: Int) -> Int {
                let multiple = spec.limits.sideMultiple
                return (max(spec.minimumSide, wanted) + multiple - 1) / multiple * multiple
            }
            var size = (input.height, input.width)
            if let sides, spec.takesAnySize { size = (side(sides.0), side(sides.1)) }
            x = seededTensor(seed: 2, [batch, input.channels, size.0, size.1])
            expected = network.run(x)
        }

        /// Compares the results of an engine.
        func compare(_ options: PlanOptions, _ tolerance: Float, sourceLocation: SourceLocation = #_sourceLocation) {
            let network = network
            let found = InferenceEngine(options) { network.run($0) }(x)
            #expect(found.count == expected.count, sourceLocation: sourceLocation)
            for (index, (found, expected)) in zip(found, expected).enumerated() {
                let error = relativeError(found, expected)
                let largest = expected.values.reduce(0) { max($0, abs($1)) }
                #expect(error <= tolerance, "result \(index) of \(x.shape)", sourceLocation: sourceLocation)
                // What vanishes would agree with anything that vanishes.
                #expect(largest > 1e-3, "result \(index) of \(x.shape)", sourceLocation: sourceLocation)
            }
        }
    }

    /// All but those of VGG, which are large and much alike, and `face-mesh-attention`: where it looks for eyes and lips
    /// depends on what its first part finds, so that no graph can be captured.
    static let names = ModelRegistry.all.map(\.name).filter { name in
        name != "face-mesh-attention" && (!name.hasPrefix("vgg") || name == "vgg16-hed")
    }

    @Test("networks of odd sizes, in batches of one to three", arguments: names)
    func agrees(_ name: String) throws {
        let spec = try ModelRegistry.spec(named: name)
        let batch = spec.parameterCount() < 8_000_000 ? 1 + name.utf8.count % 3 : 1
        let sample = try Sample(name, batch: batch, sides: (67, 93))
        sample.compare(PlanOptions(.current), 1e-3)
        sample.compare(PlanOptions(.current, winogradTile: 0), 1e-4)
    }

    @Test(
        "networks of the size that they are described for",
        arguments: [
            "resnet20", "mobilenet_v3_small", "blazeface-short", "selfie-segmentation", "vgg11_bn", "alexnet",
            "squeezenet1_1",
        ])
    func agreesAtItsSize(_ name: String) throws {
        let sample = try Sample(name)
        sample.compare(PlanOptions(.current), 1e-3)
        sample.compare(PlanOptions(.current, winogradTile: 0), 1e-4)
    }

    static let representatives = [
        "resnet18", "mobilenet_v3_small", "googlenet", "squeezenet1_1", "unet-w8-d3", "yolox-nano", "ssd-mobilenetv2",
        "selfie-segmentation", "blazeface-short", "yolov3-tiny", "fast-style-w16", "face-mesh",
    ]

    @Test(
        "networks under every instruction set and with each size of Winograd's tiles", arguments: representatives,
        InstructionSet.available)
    func agreesUnderEveryInstructionSet(_ name: String, _ isa: InstructionSet) throws {
        let sample = try Sample(name, batch: 2, sides: (64, 50))
        sample.compare(PlanOptions(isa, winogradTile: 0), 1e-4)
        sample.compare(PlanOptions(isa, winogradTile: 4), 1e-3)
        sample.compare(PlanOptions(isa, winogradTile: 6), 1e-3)
    }

    @Test("a network that decides by values cannot be captured, but runs operation by operation")
    func networkThatDecidesByValues() throws {
        let spec = try ModelRegistry.spec(named: "face-mesh-attention")
        let network = ParameterSet.initialize(seed: 1) { spec.make($0) }.network
        let input = spec.defaultInput
        let x = seededTensor(seed: 2, [1, input.channels, input.height, input.width])
        let found = InferenceEngine(nil) { network.run($0) }(x)
        #expect(zip(found, network.run(x)).allSatisfy { $0.values == $1.values })
    }
}
