import CVClassification
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct ActivationCaptureTests {
    /// Two blocks: a convolution with its normalization, activation and pooling; and two parallel convolutions.
    private struct Network {
        let conv: Conv2d, bn: BatchNorm2d, left: Conv2d, right: Conv2d, fc: Linear

        init(_ p: ParameterScope) {
            conv = Conv2d(1, 4, kernel: 3, padding: 1, p.scope("stem.conv"))
            bn = BatchNorm2d(4, p.scope("stem.bn"))
            left = Conv2d(4, 2, kernel: 1, p.scope("pair.left"))
            right = Conv2d(4, 3, kernel: 1, p.scope("pair.right"))
            fc = Linear(5, 2, p.scope("fc"))
        }

        func maps(_ x: Tensor) -> (normal: Tensor, stem: Tensor, pair: Tensor) {
            let normal = bn(conv(x))
            let stem = MaxPool2d(2)(Activation.relu(normal))
            return (normal, stem, concatenate([Activation.relu(left(stem)), Activation.relu(right(stem))]))
        }

        func callAsFunction(_ x: Tensor) -> Tensor { fc(GlobalAvgPool()(maps(x).pair)) }
    }

    private func capture() -> (ActivationCapture, Network, Tensor) {
        let (network, parameters) = ParameterSet.initialize(seed: 3) { Network($0) }
        parameters.setTrainable(false)
        let x = seededTensor(seed: 4, [1, 1, 8, 8])
        return (ActivationCapture(of: x) { network($0) }, network, x)
    }

    @Test("activation capture: a layer's value follows its activation function")
    func layerValueFollowsActivation() throws {
        let (capture, network, x) = capture()
        #expect(capture.layers.map(\.name) == ["stem.conv", "stem.bn", "pair.left", "pair.right"])
        let maps = network.maps(x)
        #expect(try capture["stem.conv"].values == network.conv(x).values)
        // After the ReLU, before the pooling.
        #expect(try relativeError(capture["stem.bn"], Activation.relu(maps.normal)) < 1e-6)
        #expect(try relativeError(capture["stem"], Activation.relu(maps.normal)) < 1e-6)
        #expect(try relativeError(capture["pair.left"], Activation.relu(network.left(maps.stem))) < 1e-6)
        #expect(try relativeError(capture["pair.right"], Activation.relu(network.right(maps.stem))) < 1e-6)
        // The concatenation belongs to the block.
        #expect(try relativeError(capture["pair"], maps.pair) < 1e-6)
        #expect(capture.lastFeatureMap { _ in true }?.value.shape == maps.pair.shape)
        #expect(capture.lastFeatureMap { $0.hasPrefix("stem.") }?.name == "stem.bn")
        #expect(capture.lastFeatureMap { $0 == "fc" } == nil)
        #expect(relativeError(capture.output, network(x)) < 1e-6)
    }

    @Test("activation capture: an unknown layer is an error that names the nearest one")
    func unknownLayerNamesNearest() {
        let (capture, _, _) = capture()
        for (name, nearest) in [("stem.cnov", "stem.conv"), ("fc", nil), ("", nil), ("pai", nil)] {
            #expect {
                try capture[name]
            } throws: {
                let error = $0 as? LayerError
                return error?.name == name && (nearest == nil || error?.nearest == nearest)
            }
        }
    }

    @Test("activation capture: gradients match the layers after the captured one")
    func gradientsMatchRestOfNetwork() throws {
        let (capture, network, _) = capture()
        let maps = try capture["pair"]
        let seed = Tensor([0, 1], shape: [1, 2])
        let gradient = try #require(capture.gradient(of: capture.output, seed: seed, withRespectTo: maps))
        // The mean over 16 pixels, then the weights of the second class.
        let weights = network.fc.weight.value.values[5...]
        for (channel, weight) in weights.enumerated() {
            #expect(gradient.values[16 * channel..<16 * channel + 16].allSatisfy { abs($0 - weight / 16) < 1e-7 })
        }
    }

    @Test("activation capture: the tape is freed with the results") func tapeIsFreedWithResults() {
        weak var freed: Tape?
        do {
            let (capture, _, _) = capture()
            freed = capture.output.tape
            #expect(freed != nil && !capture.layers.isEmpty)
        }
        #expect(freed == nil)
    }

    @Test("activation capture: a shape-only input yields the same layers") func shapeOnlyInputHasSameLayers() throws {
        let (network, _) = ParameterSet.shapeOnly { Network($0) }
        let shapes = ActivationCapture(of: .shapeOnly([1, 1, 8, 8])) { network($0) }
        let real = capture().0
        #expect(shapes.layers.map(\.name) == real.layers.map(\.name))
        #expect(shapes.layers.map(\.value.shape) == real.layers.map(\.value.shape))
        let pair = try shapes["pair"]
        #expect(pair.isShapeOnly && shapes.output.shape == real.output.shape)
    }

    @Test("activation capture: values are the same without gradients") func valuesAreSameWithoutGradients() throws {
        let (network, parameters) = ParameterSet.initialize(seed: 3) { Network($0) }
        parameters.setTrainable(false)
        let x = seededTensor(seed: 4, [1, 1, 8, 8])
        let capture = ActivationCapture(of: x, needsGradient: false) { network($0) }
        #expect(try capture["pair"].values == self.capture().0["pair"].values)
        #expect(
            capture.gradient(of: capture.output, seed: Tensor([0, 1], shape: [1, 2]), withRespectTo: capture.input)
                == nil)
    }
}
