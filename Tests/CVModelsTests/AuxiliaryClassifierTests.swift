import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

/// GoogLeNet and Inception v3 against torchvision's: `Tools/golden/networks_inception.py`.
@Suite struct AuxiliaryClassifierTests {
    /// Without dropout the heads are compared in training as well, all of them in one sum.
    @Test("GoogLeNet: logits of all heads match torchvision") func googLeNetAndItsHeadsGiveWhatTorchvisionsGive() throws
    {
        try golden("googlenet").compare { p in
            WeightedHeads(GoogLeNet(classes: 10, dropout: 0, auxiliaryDropout: 0, p))
        }
        try golden("googlenet-wide").compare { p in GoogLeNet(classes: 10, p) }
    }

    @Test("Inception v3: logits match torchvision", arguments: ["inception_v3", "inception_v3-wide"])
    func inceptionV3GivesWhatTorchvisionsGives(_ name: String) throws {
        try golden(name).compare { p in InceptionV3(classes: 10, p) }
    }

    /// The auxiliary head needs images of the paper's size; to save time all layers before the heads are frozen.
    @Test("Inception v3: the auxiliary head matches torchvision") func theHeadOfInceptionV3GivesWhatTorchvisionsGives()
        throws
    {
        // Winograd's transforms in most of its layers, one after the other.
        try golden("inception_v3-training").compare(
            outputs: 3e-4, gradients: 3e-3, learning: ["AuxLogits.", "fc."]
        ) { p in
            WeightedHeads(InceptionV3(classes: 10, dropout: 0, p))
        }
    }

    private func golden(_ name: String) throws -> NetworkGolden {
        try decoded("Golden/networks/\(name).json", as: NetworkGolden.self)
    }

    @Test("Inception networks: images of the minimum side work", arguments: ["googlenet", "inception_v3"])
    func theSmallestImagesAreEnough(_ name: String) throws {
        let architecture = try ModelRegistry.spec(named: name, task: .classify)
        let side = architecture.minimumSide
        let network = ParameterSet.initialize(seed: 1) { architecture.makeClassifier(classes: 3, $0) }.network
        let x = uniformTensor(seed: 2, [1, 3, side, side + 1])
        #expect(network(x).shape == [1, 3])
        #expect(relativeError(network(Tape(.inference).watch(x)), network(x)) < 1e-4)
    }

    @Test("auxiliary heads: active in training only") func theHeadsAreThereInTrainingOnly() throws {
        let (network, parameters) = ParameterSet.initialize(seed: 1) { GoogLeNet(classes: 5, $0) }
        let x = uniformTensor(seed: 2, [2, 3, 32, 32])
        #expect(network.outputs(x).auxiliary.isEmpty)
        #expect(network.outputs(Tape(.inference).watch(x)).auxiliary.isEmpty)

        let tape = Tape(.training)
        let (logits, auxiliary) = network.outputs(tape.watch(x))
        #expect(([logits] + auxiliary).map(\.shape) == [[2, 5], [2, 5], [2, 5]])
        // A head in the middle teaches what is before it, and nothing after it.
        tape.gradients(of: crossEntropy(auxiliary[0], [1, 4]))
        for parameter in parameters where !parameter.isBuffer {
            let isBefore = ["conv", "inception3", "inception4a", "aux1"].contains { parameter.name.hasPrefix($0) }
            #expect((parameter.gradient != nil) == isBefore, "\(parameter.name)")
        }
    }

    /// There torchvision's stops with an error, as the head has a 5×5 window that does not fit.
    @Test("Inception v3: trains on small images without the auxiliary head")
    func inceptionV3LearnsFromSmallImagesWithoutItsHead() {
        let (network, parameters) = ParameterSet.initialize(seed: 1) { InceptionV3(classes: 5, $0) }
        let tape = Tape(.training)
        let (logits, auxiliary) = network.outputs(tape.watch(uniformTensor(seed: 2, [2, 3, 80, 80])))
        #expect(auxiliary.isEmpty)
        tape.gradients(of: crossEntropy(logits, [1, 4]))
        for parameter in parameters where !parameter.isBuffer {
            let isHead = network.auxiliaryScopes.contains { parameter.name.hasPrefix("\($0).") }
            #expect((parameter.gradient == nil) == isHead, "\(parameter.name)")
        }
    }

    /// As torchvision's pretrained networks are saved, unless one asks for the heads.
    @Test("auxiliary heads: a checkpoint may omit them") func weightsWithoutTheHeadsAreTaken() throws {
        let (network, parameters) = ParameterSet.initialize(seed: 1) { GoogLeNet(classes: 4, $0) }
        let state = parameters.stateDictionary.filter { !$0.key.hasPrefix("aux") }
        let bare = try ParameterSet.load({ GoogLeNet(classes: 4, $0) }, from: state).network
        let x = uniformTensor(seed: 2, [2, 3, 40, 32])
        #expect(relativeError(bare(x), network(x)) == 0)
        #expect(bare.outputs(Tape(.training).watch(x)).auxiliary.isEmpty)
        let shapes = ModelRegistry.shapes(of: "googlenet", classes: 4, offered: Array(state.keys))
        #expect(shapes == state.mapValues(\.shape.dimensions))
        #expect(ModelRegistry.shapes(of: "googlenet", classes: 4)?.count == state.count + 18)
        // Half a head is a mistake.
        let half = state.merging(["aux1.fc2.bias": Tensor(repeating: 0, shape: [4])]) { $1 }
        let error = #expect(throws: ParameterMismatch.self) {
            try ParameterSet.load({ GoogLeNet(classes: 4, $0) }, from: half).network
        }
        #expect(error?.difference.missing.count == 8 && error?.difference.unexpected == [])
        #expect(throws: ParameterMismatch.self) {
            try ParameterSet.load({ InceptionV3(classes: 4, $0) }, from: [:]).network
        }
    }

    /// What the keys of all that depends on the number of classes begin with.
    @Test(
        "auxiliary heads: scopes cover all parameters that depend on the classes",
        arguments: ["googlenet", "inception_v3"])
    func theScopesNameTheHeads(_ name: String) throws {
        let architecture = try ModelRegistry.spec(named: name, task: .classify)
        func shapes(_ classes: Int) -> [String: Shape] {
            Dictionary(
                uniqueKeysWithValues: ParameterSet.shapes { architecture.makeClassifier(classes: classes, $0) }.map {
                    ($0.name, $0.shape)
                })
        }
        let (three, four) = (shapes(3), shapes(4))
        let zeros = three.mapValues { Tensor(repeating: 0, shape: $0) }
        let network = try ParameterSet.load({ architecture.makeClassifier(classes: 3, $0) }, from: zeros).network
        let heads = try #require(network as? any AuxiliaryClassifier)
        for (key, shape) in three where shape != four[key] {
            #expect((heads.auxiliaryScopes + [heads.headScope]).contains { key.hasPrefix("\($0).") }, "\(key)")
        }
        for scope in heads.auxiliaryScopes { #expect(three.contains { $0.key.hasPrefix("\(scope).") }) }
    }
}

/// The logits, and in training the auxiliary ones with their weight.
private struct WeightedHeads<Network: AuxiliaryClassifier>: Layer {
    let network: Network

    init(_ network: Network) { self.network = network }

    func callAsFunction(_ x: Tensor) -> Tensor {
        let (logits, auxiliary) = network.outputs(x)
        return auxiliary.reduce(logits) { $0 + $1 * network.auxiliaryWeight }
    }
}
