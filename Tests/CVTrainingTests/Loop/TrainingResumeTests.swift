import CVCore
import CVNN
import CVTensor
import CVTraining
import CVWeights
import Foundation
import TestSupport
import Testing

@Suite struct TrainingResumeTests {
    /// Dropout, batch normalization, clipping, an average of the weights and a schedule by fractions of epochs are in it.
    @Test(
        "resuming: a resumed run has the losses and weights of an uninterrupted one",
        arguments: SmallOptimizer.allCases, [0, 3, 5, 7, 14])
    func aResumedRunHasTheLossesAndWeightsOfAnUninterruptedOne(optimizer: SmallOptimizer, after steps: Int) throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let whole = SmallRun(optimizer)
        let expected = try whole.run()
        #expect(whole.losses.count == 15 && Set(whole.losses).count == 15)

        let path = folder + "/checkpoint.safetensors"
        let first = SmallRun(optimizer, files: TrainingFiles(checkpoint: path))
        #expect(try first.run(steps: steps).reason == .interrupted)
        // Another seed: all values must come from the checkpoint.
        let second = SmallRun(optimizer, files: TrainingFiles(checkpoint: path), seed: 77)
        try second.trainer.resume(from: path)
        let summary = try second.run()
        #expect(first.losses + second.losses == whole.losses)
        #expect(values(second.parameters) == values(whole.parameters))
        #expect(
            second.trainer.average?.stateDictionary.mapValues(\.values)
                == whole.trainer.average?.stateDictionary.mapValues(\.values))
        #expect(summary.reason == .completed && summary.best?.epoch == expected.best?.epoch)
        for (row, other) in zip(summary.rows, expected.rows) {
            #expect(row.loss == other.loss && row.metrics == other.metrics && row.epoch == other.epoch)
            #expect(row.trainingMetrics == other.trainingMetrics && row.learningRate == other.learningRate)
        }
        #expect(summary.rows.count == 3)
    }

    @Test("resuming: a finished run can be continued for more epochs") func aFinishedRunCanGoOnForMoreEpochs() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/checkpoint.safetensors"
        try SmallRun(files: TrainingFiles(checkpoint: path)).run()
        let done = SmallRun()
        try done.trainer.resume(from: path)
        #expect(try done.run().reason == .completed && done.losses.isEmpty)
        let longer = SmallRun(.momentum, SmallRun.configuration(epochs: 4))
        try longer.trainer.resume(from: path)
        #expect(try longer.run().rows.map(\.epoch) == [1, 2, 3, 4] && longer.losses.count == 5)
    }

    @Test("resuming: a checkpoint of another network is refused with its keys and nothing changes")
    func aCheckpointOfAnotherNetworkIsRefusedWithItsKeysAndNothingChanges() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/checkpoint.safetensors"
        try SmallRun(files: TrainingFiles(checkpoint: path)).run(steps: 2)
        let (other, parameters) = ParameterSet.initialize(seed: 1) {
            Conv2d(3, 8, kernel: 5, bias: true, $0.scope("conv1"))
        }
        let before = other.weight.value.values
        let trainer = Trainer<Int>(
            parameters, optimizer: Adam(parameters.trainable), configuration: SmallRun.configuration(),
            batches: { _, _ in { 0 } }, loss: { _, _ in TrainingLoss(Tensor([0], shape: [])) })
        let error = #expect(throws: TrainingError.self) { try trainer.resume(from: path) }
        guard case .otherNetwork(let mismatch) = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(mismatch.difference.missing == ["conv1.bias"])
        #expect(mismatch.difference.misshapen.map(\.key) == ["conv1.weight"])
        #expect(mismatch.difference.unexpected.contains("bn1.running_mean"))
        #expect(error!.description.contains(path) && error!.description.contains("another network"))
        #expect(other.weight.value.values == before)
    }

    @Test("resuming: a checkpoint of other settings is refused with what differs")
    func aCheckpointOfOtherSettingsIsRefusedWithWhatDiffers() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/checkpoint.safetensors"
        try SmallRun(files: TrainingFiles(checkpoint: path)).run(steps: 2)
        func differences(_ optimizer: SmallOptimizer, _ change: (inout TrainingConfiguration) -> Void) -> [String] {
            var configuration = SmallRun.configuration()
            change(&configuration)
            let run = SmallRun(optimizer, configuration, seed: 8)
            let before = values(run.parameters)
            let error = #expect(throws: TrainingError.self) { try run.trainer.resume(from: path) }
            #expect(values(run.parameters) == before)
            guard case .otherConfiguration(let differences) = error?.problem else { return [] }
            return differences.map { "\($0.name): \($0.saved ?? "-") → \($0.present ?? "-")" }
        }
        #expect(differences(.momentum) { $0.details = ["batch": "8"] } == ["batch: 6 → 8"])
        #expect(differences(.momentum) { $0.seed = 6 } == ["seed: 5 → 6"])
        #expect(differences(.momentum) { $0.averageDecay = nil } == ["average decay: 0.9 → -"])
        #expect(differences(.adam) { _ in }.contains("optimizer: gradient descent → Adam"))
        #expect(differences(.momentum) { $0.stepsPerEpoch = 4 }.first == "steps per epoch: 5 → 4")
        #expect(
            differences(.momentum) { $0.schedule = .constant(0.02) }.first?.hasPrefix("learning rate at epoch 0.5")
                == true)
    }

    /// The learning rates follow from settings: these are named, not the rates.
    @Test("resuming: settings that change the learning rates are named") func settingsBehindTheRatesAreNamed() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/checkpoint.safetensors"
        func configuration(_ epochs: Int, _ schedule: Schedule, warmup: String) -> TrainingConfiguration {
            TrainingConfiguration(
                epochs: epochs, stepsPerEpoch: 5, schedule: schedule, seed: 5, selection: .highest("accuracy"),
                details: ["warmup": warmup])
        }
        let before = configuration(3, .cosine(from: 0.02, over: 3), warmup: "1.5")
        try SmallRun(.momentum, before, files: TrainingFiles(checkpoint: path)).run(steps: 2)
        let run = SmallRun(.momentum, configuration(20, .cosine(from: 0.02, over: 20), warmup: "2.0"))
        let error = #expect(throws: TrainingError.self) { try run.trainer.resume(from: path) }
        guard case .otherConfiguration(let differences) = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(differences.map(\.name) == ["epochs", "warmup"])
        #expect(error!.description.contains("epochs was 3 and is now 20; warmup was 1.5 and is now 2.0"))
        // The same rates for longer are no other settings.
        let longer = SmallRun(.momentum, configuration(4, .cosine(from: 0.02, over: 3), warmup: "1.5"))
        try longer.trainer.resume(from: path)
    }

    @Test("resuming: other frozen weights are refused") func otherFrozenWeightsAreRefused() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/checkpoint.safetensors"
        try SmallRun(files: TrainingFiles(checkpoint: path)).run(steps: 2)
        let (network, parameters) = ParameterSet.initialize(seed: 1) { TrainedNetwork($0) }
        parameters.setTrainable(false, prefix: "conv1")
        let trainer = Trainer<SmallBatch>(
            parameters, optimizer: SmallOptimizer.momentum.make(parameters.trainable),
            configuration: SmallRun.configuration(), batches: { _, _ in { nil } },
            loss: { batch, tape in TrainingLoss(crossEntropy(network(tape.watch(batch.images)), batch.classes)) })
        let error = #expect(throws: TrainingError.self) { try trainer.resume(from: path) }
        guard case .otherOptimizer(let mismatch) = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(mismatch.difference.unexpected == ["momentum.conv1.weight", "step.conv1.weight"])
    }

    /// Any bytes give a checkpoint or a typed error.
    @Test("resuming: damaged checkpoints are typed errors") func damagedCheckpointsAreTypedErrors() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/checkpoint.safetensors"
        try SmallRun(files: TrainingFiles(checkpoint: path)).run(steps: 7)
        let bytes = try FileInput.read(path)
        var numbers = SplitMix64(seed: 1)
        let header = 8 + Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
        for round in 0..<300 {
            var damaged = bytes
            if round % 10 == 0 {
                damaged = Array(bytes.prefix(Int(numbers.next() % UInt64(bytes.count))))
            } else {
                for _ in 0..<3 {
                    damaged[Int(numbers.next() % UInt64(header))] = UInt8(truncatingIfNeeded: numbers.next())
                }
            }
            try FileOutput.write(damaged, to: path, overwrite: true)
            do { try SmallRun().trainer.resume(from: path) } catch { #expect(error is any ToolkitError) }
        }
        let weights = try Safetensors.encode(
            [SafetensorsTensor("bias", shape: [2], values: [0.5, -0.5])], metadata: [:])
        try FileOutput.write(weights, to: path, overwrite: true)
        let error = #expect(throws: TrainingError.self) { try SmallRun().trainer.resume(from: path) }
        #expect(error?.description.contains("not a checkpoint") == true)
        #expect(throws: FileError.self) { try SmallRun().trainer.resume(from: folder + "/none") }
    }

    @Test(
        "resuming: impossible progress is refused",
        arguments: [
            #""epoch":-1"#, #""epoch":9223372036854775807"#, #""step":5"#, #""step":-1"#, #""best_epoch":2"#,
            #""best_epoch":0"#,
            #""rows":[{"epoch":1,"rate":0,"loss":1,"training":{},"metrics":{"other":1},"seconds":1}]"#, #""rows":[]"#,
            #""rows":7"#, #""loss_sum":"x""#,
        ])
    func progressThatCannotBeIsRefused(part: String) throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/checkpoint.safetensors"
        try SmallRun(files: TrainingFiles(checkpoint: path)).run(steps: 7)
        let file = try Safetensors(path: path)
        var metadata = file.metadata
        guard case .object(var members) = try JSONValue.parse(metadata["progress"]!.utf8),
            case .object(let changed) = try JSONValue.parse("{\(part)}".utf8)
        else { return }
        let position = try #require(members.firstIndex { $0.key == changed[0].key })
        members[position] = changed[0]
        metadata["progress"] = JSONValue.object(members).text
        let tensors = try file.header.entries.map {
            SafetensorsTensor($0.name, shape: $0.shape, values: try file.floats($0.name))
        }
        try FileOutput.write(Safetensors.encode(tensors, metadata: metadata), to: path, overwrite: true)
        let error = #expect(throws: TrainingError.self) { try SmallRun().trainer.resume(from: path) }
        guard case .notACheckpoint = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("resuming: metrics that are not those of the steps before are a typed error")
    func metricsThatAreNotThoseOfTheStepsBeforeAreATypedError() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/checkpoint.safetensors"
        try SmallRun(files: TrainingFiles(checkpoint: path)).run(steps: 3)
        let (network, parameters) = ParameterSet.initialize(seed: 1) { TrainedNetwork($0) }
        let trainer = Trainer<SmallBatch>(
            parameters, optimizer: SmallOptimizer.momentum.make(parameters.trainable),
            configuration: SmallRun.configuration(), batches: { _, _ in { SmallBatch(seed: 1) } },
            loss: { batch, tape in TrainingLoss(crossEntropy(network(tape.watch(batch.images)), batch.classes)) })
        try trainer.resume(from: path)
        let error = #expect(throws: TrainingError.self) { try trainer.run() }
        #expect(error?.description.contains("metrics of the training was accuracy") == true)
    }

    private func values(_ parameters: ParameterSet) -> [String: [Float]] {
        parameters.stateDictionary.mapValues(\.values)
    }
}
