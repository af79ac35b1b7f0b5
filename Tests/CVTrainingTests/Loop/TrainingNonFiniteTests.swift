import CVNN
import CVTensor
import CVTraining
import Foundation
import TestSupport
import Testing

/// A run whose numbers go wrong stops, says where, and keeps what was good.
@Suite struct TrainingNonFiniteTests {
    @Test("non-finite training: a weight that is not finite is named") func aWeightThatIsNotFiniteIsNamed() throws {
        let run = SmallRun()
        run.network.conv2.weight.value = Tensor(repeating: .infinity, shape: run.network.conv2.weight.shape)
        #expect(try cause(of: run) == .parameters(["conv2.weight"]))
    }

    /// The weights are finite, but so large that the sums of the second convolution are not.
    @Test("non-finite training: the layer whose result is the first that is not finite is named")
    func theLayerWhoseResultIsTheFirstThatIsNotFiniteIsNamed() throws {
        let run = SmallRun()
        run.network.conv2.weight.value = run.network.conv2.weight.value * 1e20
        run.network.bn1.weight.value = run.network.bn1.weight.value * 1e20
        let mean = run.network.bn1.runningMean.value.values
        #expect(try cause(of: run) == .result(after: "conv2.bias"))
        // The statistics that this pass moved are as before.
        #expect(run.network.bn1.runningMean.value.values == mean)
    }

    @Test("non-finite training: a frozen layer is named too") func aFrozenLayerIsNamedToo() throws {
        let run = SmallRun()
        run.parameters.setTrainable(false, prefix: "conv2")
        run.network.conv2.weight.value = run.network.conv2.weight.value * 1e20
        run.network.bn1.weight.value = run.network.bn1.weight.value * 1e20
        #expect(try cause(of: run) == .result(after: "conv2.bias"))
    }

    @Test("non-finite training: images that are not finite are named") func imagesThatAreNotFiniteAreNamed() throws {
        let (layer, parameters) = ParameterSet.initialize(seed: 1) { Conv2d(1, 1, kernel: 1, $0) }
        let trainer = Trainer<Tensor>(
            parameters, optimizer: Adam(parameters.trainable),
            configuration: TrainingConfiguration(epochs: 1, stepsPerEpoch: 3, schedule: .constant(0.1)),
            batches: { _, _ in
                var step: Float = 0
                return {
                    step += 1
                    return Tensor([1, 2, 3, step == 2 ? .nan : 1], shape: [1, 1, 2, 2])
                }
            },
            loss: { x, tape in TrainingLoss(squaredError(layer(tape.watch(x)), x)) })
        let error = #expect(throws: TrainingError.self) { try trainer.run() }
        guard case .notFinite(epoch: 1, step: 2, let loss, .input) = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(loss.isNaN)
    }

    /// The loss is a number, but the derivative of a root at 0 is infinite.
    @Test("non-finite training: a gradient that is not finite is named and the weights stay")
    func aGradientThatIsNotFiniteIsNamedAndTheWeightsStay() throws {
        let (layers, parameters) = ParameterSet.initialize(seed: 1) { p in
            (Conv2d(1, 1, kernel: 1, p.scope("near_input")), Conv2d(1, 1, kernel: 1, bias: false, p.scope("last")))
        }
        let before = parameters.stateDictionary.mapValues(\.values)
        let trainer = Trainer<Tensor>(
            parameters, optimizer: Adam(parameters.trainable),
            configuration: TrainingConfiguration(epochs: 1, stepsPerEpoch: 1, schedule: .constant(0.1)),
            batches: { _, _ in { seededTensor(seed: 1, [1, 1, 2, 2]) } },
            loss: { x, tape in
                let y = layers.1(layers.0(tape.watch(x)))
                let distance = y.sum(over: [0, 1, 2, 3])
                return TrainingLoss(
                    Tensor([0], shape: []).recorded(
                        as: .loss("distance"), (distance, { _ in Tensor([.infinity], shape: []) })))
            })
        let error = #expect(throws: TrainingError.self) { try trainer.run() }
        guard case .notFinite(epoch: 1, step: 1, loss: 0, .gradients(let names)) = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(names.first == "last.weight" && names.count == 3)
        #expect(parameters.stateDictionary.mapValues(\.values) == before)
    }

    @Test("non-finite training: the last checkpoint is not overwritten") func theLastCheckpointIsNotOverwritten() throws
    {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/checkpoint.safetensors"
        let run = SmallRun(files: TrainingFiles(checkpoint: path))
        let error = #expect(throws: TrainingError.self) {
            try run.trainer.run { event in
                // After the last step of the second epoch, so that no loss shows it before the end of the epoch.
                guard case .step(let step) = event, step.epoch == 1, step.step == 4 else { return }
                run.network.bias.value = Tensor(repeating: .nan, shape: [4])
            }
        }
        guard case .notFinite(epoch: 2, step: 5, _, .parameters(let names)) = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(names == ["fc.bias"])
        #expect(error!.description.contains("\"fc.bias\"") && error!.description.contains("epoch 2, step 5"))
        let again = SmallRun()
        try again.trainer.resume(from: path)
        #expect(again.trainer.rows.count == 1)
    }

    private func cause(of run: SmallRun) throws -> NonFiniteCause? {
        let error = #expect(throws: TrainingError.self) { try run.run() }
        guard case .notFinite(epoch: 1, step: 1, _, let cause) = error?.problem else { return nil }
        return cause
    }
}
