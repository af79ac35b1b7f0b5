import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct ClassifierTests {
    /// On a tape the fused blocks run as three operations; every weight receives a gradient.
    @Test(
        "classifiers: same result on a tape, a gradient for every weight",
        arguments: [
            "logistic", "fully-connected", "lenet5", "small-cnn", "resnet20", "resnet56", "resnet18", "resnet50",
            "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet-lite0",
        ])
    func runsTheSameOnATapeAndTrainsEveryWeight(_ name: String) throws {
        let architecture = try ModelRegistry.spec(named: name, task: .classify)
        let size = architecture.takesAnySize ? 40 : architecture.defaultInput.height
        let (network, parameters) = ParameterSet.initialize(seed: 1) { architecture.makeClassifier(classes: 7, $0) }
        let x = uniformTensor(seed: 2, [2, architecture.defaultInput.channels, size, size])
        let logits = network(x)
        #expect(logits.shape == [2, 7])
        #expect(relativeError(network(Tape(.inference).watch(x)), logits) < 1e-4)

        let tape = Tape(.training)
        tape.gradients(of: crossEntropy(network(tape.watch(x)), [3, 5]))
        for parameter in parameters where !parameter.isBuffer {
            #expect(parameter.gradient?.shape == parameter.shape, "\(parameter.name)")
            #expect(parameter.gradient?.values.contains { $0 != 0 } == true, "\(parameter.name)")
        }
    }

    /// As `sum(p.numel() for p in model.parameters())` counts those of torchvision and of reference implementations in
    /// PyTorch.
    @Test(
        "classifiers: parameter counts match PyTorch",
        arguments: [
            ("logistic", 7850), ("fully-connected", 235_146), ("lenet5", 61_706), ("small-cnn", 1_199_882),
            ("resnet20", 269_722), ("resnet32", 464_154), ("resnet44", 658_586), ("resnet56", 853_018),
            ("plain20", 269_722), ("plain32", 464_154), ("plain44", 658_586), ("plain56", 853_018),
        ])
    func hasAsManyParametersAsInPyTorch(_ name: String, _ count: Int) throws {
        #expect(try ModelRegistry.spec(named: name, task: .classify).parameterCount(classes: 10) == count)
    }

    @Test(
        "classifiers: parameter counts match torchvision",
        arguments: [
            ("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032), ("resnet101", 44_549_160),
            ("resnet152", 60_192_808), ("alexnet", 61_100_840), ("vgg11", 132_863_336), ("vgg13", 133_047_848),
            ("vgg16", 138_357_544), ("vgg19", 143_667_240), ("vgg11_bn", 132_868_840), ("vgg13_bn", 133_053_736),
            ("vgg16_bn", 138_365_992), ("vgg19_bn", 143_678_248), ("squeezenet1_0", 1_248_424),
            ("squeezenet1_1", 1_235_496), ("mobilenet_v2", 3_504_872), ("mobilenet_v3_small", 2_542_856),
            ("mobilenet_v3_large", 5_483_032), ("googlenet", 13_004_888), ("inception_v3", 27_161_264),
            ("plain18", 11_515_688), ("plain34", 21_623_848),
        ])
    func hasAsManyParametersAsInTorchvision(_ name: String, _ count: Int) throws {
        #expect(try ModelRegistry.spec(named: name, task: .classify).parameterCount(classes: 1000) == count)
    }

    /// Those of Keras's MobileNet that are trained, and of the package `efficientnet_lite_pytorch`.
    @Test(
        "classifiers: parameter counts match the published ones",
        arguments: [("mobilenet_v1", 4_231_976), ("efficientnet-lite0", 4_652_008)])
    func hasAsManyParametersAsPublished(_ name: String, _ count: Int) throws {
        #expect(try ModelRegistry.spec(named: name, task: .classify).parameterCount(classes: 1000) == count)
    }

    @Test("U-Net: the benchmarked variant has the reference's parameter count")
    func theBenchmarkedUNetHasTheParametersOfItsReference() {
        #expect(ParameterSet.shapes { UNet(classes: 2, $0) }.reduce(0) { $0 + $1.shape.count } == 31_031_810)
    }

    @Test("classifiers: found by name, with a suggestion for typos") func findsAllByNameAndSuggestsTheNearest() throws {
        let all = ModelRegistry.specs(for: .classify)
        #expect(Set(all.map(\.name)).count == 37 && all.count == 37)
        for architecture in all {
            #expect(try ModelRegistry.spec(named: architecture.name, task: .classify).summary == architecture.summary)
            try architecture.check(classes: 10, input: architecture.defaultInput)
        }
        let error = #expect(throws: ArchitectureError.self) {
            try ModelRegistry.spec(named: "resnet-20", task: .classify)
        }
        #expect(error?.description.hasPrefix("there is no network \"resnet-20\": did you mean resnet20? ") == true)
        let known = all.map(\.name)
        #expect(throws: ArchitectureError.unknown("x", nearest: nil, known: known)) {
            try ModelRegistry.spec(named: "x", task: .classify)
        }
        let other = ArchitectureError.otherTask(
            architecture: "fast-style", found: .stylize, expected: .classify, known: known)
        #expect(throws: other) { try ModelRegistry.spec(named: "fast-style", task: .classify) }
    }

    @Test("classifiers: unsupported inputs throw") func refusesInputsThatItCannotTake() throws {
        let lenet = try ModelRegistry.spec(named: "lenet5", task: .classify)
        try lenet.check(classes: 26, input: .init(channels: 3, height: 28, width: 100))
        for input in [
            ModelSpec.Input(channels: 1, height: 27, width: 28), .init(channels: 1, height: 28, width: -1),
            .init(channels: 1, height: 28, width: 1 << 40), .init(channels: 0, height: 28, width: 28),
        ] {
            #expect(throws: ArchitectureError.self) { try lenet.check(classes: 10, input: input) }
        }
        #expect(throws: ArchitectureError.classes(architecture: "lenet5", found: 0, allowed: 1...100_000)) {
            try lenet.check(classes: 0, input: lenet.defaultInput)
        }
    }

    @Test(
        "classifiers: fixed-size networks can be built for other sizes",
        arguments: ["logistic", "fully-connected", "lenet5", "small-cnn"])
    func takesAnotherSizeWhereItsWeightsAreMadeForIt(_ name: String) throws {
        let architecture = try ModelRegistry.spec(named: name, task: .classify)
        let input = ModelSpec.Input(channels: 3, height: 33, width: 46)
        let network = ParameterSet.initialize(seed: 1) { architecture.makeClassifier(classes: 5, input: input, $0) }
            .network
        #expect(network(uniformTensor(seed: 2, [2, 3, 33, 46])).shape == [2, 5])
    }

    @Test("catalog: shapes of classifiers") func theCatalogueKnowsTheShapesOfClassifiers() {
        #expect(ModelRegistry.shapes(of: "resnet20", classes: 10)?["fc.weight"] == [10, 64])
        let wide = ModelSpec.Input(channels: 3, height: 32, width: 64)
        #expect(ModelRegistry.shapes(of: "logistic", classes: 4, input: wide)?["fc.weight"] == [4, 3 * 32 * 64])
        #expect(ModelRegistry.shapes(of: "lenet5", classes: 4, input: .init(channels: 1, height: 8, width: 8)) == nil)
        #expect(ModelRegistry.shapes(of: "resnet18", classes: 1 << 40)?["fc.bias"] == [1 << 40])
        #expect(ModelRegistry.shapes(of: "resnet19", classes: 10) == nil)
        let features = ModelRegistry.shapes(of: "mobilenet_v2", classes: 0, headless: true)
        #expect(features?.count == 260 && features?.keys.allSatisfy { $0.hasPrefix("features.") } == true)
    }
}
