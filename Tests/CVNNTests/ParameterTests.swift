import CVNN
import CVTensor
import CVWeights
import TestSupport
import Testing

/// A convolution, a batch norm and an activation.
private struct Block: Layer {
    let conv: Conv2d, bn: BatchNorm2d

    init(_ p: ParameterScope) {
        conv = Conv2d(2, 3, kernel: 3, padding: 1, p.scope("conv"))
        bn = BatchNorm2d(3, p.scope("bn"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { Activation.silu(bn(conv(x))) }
}

@Suite struct ParameterTests {
    private let x = seededTensor(seed: 7, [2, 2, 5, 6])

    @Test("parameters: weights and buffers are declared in the order of the layers")
    func declaresWeightsAndBuffersInTheOrderOfTheLayers() {
        let parameters = ParameterSet.initialize(seed: 1, Block.init).parameters
        #expect(
            parameters.map(\.name) == [
                "conv.weight", "conv.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
            ])
        #expect(parameters.map(\.isBuffer) == [false, false, false, false, true, true])
        #expect(parameters.trainable.map(\.name) == ["conv.weight", "conv.bias", "bn.weight", "bn.bias"])
    }

    @Test("parameters: gradients of the backward pass match finite differences") func backwardSetsGradients() throws {
        let (block, parameters) = ParameterSet.initialize(seed: 1, Block.init)
        let weights = seededTensor(seed: 3, [2, 3, 5, 6])
        let tape = Tape(.training)
        _ = tape.gradients(of: block(tape.watch(x)), seed: weights)
        for parameter in parameters.trainable where parameter.name != "conv.bias" {
            let (start, gradient) = (parameter.value, try #require(parameter.gradient))
            let direction = seededTensor(seed: 9, start.shape)
            func value(_ h: Float) -> Double {
                parameter.value = start + direction * h
                defer { parameter.value = start }
                return dot(block(Tape(.training).watch(x)), weights)
            }
            let expected = (value(1e-2) - value(-1e-2)) / 2e-2
            let found = dot(gradient, direction)
            #expect(abs(found - expected) < 0.02 * max(abs(expected), 0.1), "\(parameter.name)")
        }
    }

    @Test("parameters: gradients accumulate until cleared") func gradientsAccumulateUntilCleared() throws {
        let (block, parameters) = ParameterSet.initialize(seed: 1, Block.init)
        func pass() {
            let tape = Tape(.inference)
            tape.gradients(of: block(tape.watch(x)).sum(to: []))
        }
        pass()
        let once = try #require(parameters["conv.weight"]?.gradient)
        pass()
        #expect(relativeError(try #require(parameters["conv.weight"]?.gradient), once * 2) < 1e-6)
        parameters.clearGradients()
        #expect(parameters.allSatisfy { $0.gradient == nil })
    }

    @Test("parameters: weights used twice get the sum of the gradients") func gradientsOfSharedWeightsAreSummed() throws
    {
        let (block, parameters) = ParameterSet.initialize(seed: 1, Block.init)
        let other = seededTensor(seed: 8, x.shape)
        func gradient(_ inputs: [Tensor]) throws -> Tensor {
            parameters.clearGradients()
            let tape = Tape(.inference)
            let sums = inputs.map { block(tape.watch($0)).sum(to: []) }
            tape.gradients(of: sums.dropFirst().reduce(sums[0], +))
            return try #require(parameters["conv.weight"]?.gradient)
        }
        #expect(relativeError(try gradient([x, other]), try gradient([x]) + gradient([other])) < 1e-5)
    }

    @Test("parameters: frozen weights get no gradient") func frozenWeightsHaveNoGradient() {
        let (block, parameters) = ParameterSet.initialize(seed: 1, Block.init)
        parameters.setTrainable(false, prefix: "conv.")
        let tape = Tape(.training)
        tape.gradients(of: block(tape.watch(x)).sum(to: []))
        #expect(parameters["conv.weight"]?.gradient == nil)
        #expect(parameters["conv.bias"]?.gradient == nil)
        #expect(parameters["bn.weight"]?.gradient != nil)
        #expect(parameters["bn.running_mean"]?.gradient == nil)
        #expect(parameters.trainable.map(\.name) == ["bn.weight", "bn.bias"])
        parameters.setTrainable(true)
        #expect(parameters.trainable.count == 4)
    }

    @Test("batch norm: running statistics are updated in training only")
    func batchNormMovesItsStatisticsInTrainingOnly() throws {
        let (bn, parameters) = ParameterSet.initialize(seed: 1) { BatchNorm2d(2, $0) }
        _ = bn(x)
        _ = bn(Tape(.inference).watch(x))
        #expect(bn.runningMean.value.values == [0, 0])
        #expect(bn.runningVar.value.values == [1, 1])
        _ = bn(Tape(.training).watch(x))
        for channel in 0..<2 {
            var values: [Double] = []
            for image in 0..<2 {
                let start = (image * 2 + channel) * 30
                values += x.values[start..<start + 30].map { Double($0) }
            }
            let mean: Double = values.reduce(0, +) / 60
            let squares = values.map { value -> Double in (value - mean) * (value - mean) }
            let variance: Double = squares.reduce(0, +) / 59
            #expect(abs(Double(bn.runningMean.value.values[channel]) - 0.1 * mean) < 1e-6)
            #expect(abs(Double(bn.runningVar.value.values[channel]) - (0.9 + 0.1 * variance)) < 1e-6)
        }
        #expect(parameters["running_mean"] === bn.runningMean)
    }

    @Test("parameters: a safetensors round trip restores the network") func savedParametersAreLoadedAgain() throws {
        let (block, parameters) = ParameterSet.initialize(seed: 1, Block.init)
        _ = block(Tape(.training).watch(x))
        let file = try Safetensors(parameters.safetensors(metadata: ["epoch": "3"]))
        #expect(file.metadata["epoch"] == "3")
        let again = try ParameterSet.load(Block.init, from: file.stateDictionary()).network
        #expect(again(x).values == block(x).values)

        let (other, others) = ParameterSet.initialize(seed: 2, Block.init)
        #expect(other(x).values != block(x).values)
        try others.load(parameters.stateDictionary)
        #expect(other(x).values == block(x).values)
    }

    @Test("parameters: a checkpoint that does not fit changes nothing") func aCheckpointOfAnotherNetworkChangesNothing()
    {
        let parameters = ParameterSet.initialize(seed: 1, Block.init).parameters
        let before = parameters.stateDictionary.mapValues(\.values)
        var state = ParameterSet.initialize(seed: 2, Block.init).parameters.stateDictionary
        state["conv.bias"] = nil
        #expect(throws: ParameterMismatch.self) { try parameters.load(state) }
        #expect(parameters.stateDictionary.mapValues(\.values) == before)
    }
}

func dot(_ a: Tensor, _ b: Tensor) -> Double {
    zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}
