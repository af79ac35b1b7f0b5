import CVCore
import CVNN
import CVTensor
import CVTraining
import CVWeights
import Foundation
import TestSupport
import Testing

@Suite struct TrainingRunTests {
    @Test("Trainer: a run learns and reports its events") func aRunLearnsAndTellsWhatItDoes() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let files = TrainingFiles(
            checkpoint: folder + "/checkpoint.safetensors", best: folder + "/best.safetensors",
            bestMetadata: { ["model": "small", "accuracy": "\($0.metrics["accuracy"]!)"] })
        let run = SmallRun(.adam, SmallRun.configuration(epochs: 8), files: files)
        var (steps, rows, saved, stops): ([TrainingStep], [EpochResult], [String], Int) = ([], [], [], 0)
        let summary = try run.trainer.run { event in
            switch event {
            case .began(let epoch, let step): #expect(epoch == 0 && step == 0)
            case .step(let step): steps.append(step)
            case .epochEnded(let row): rows.append(row)
            case .improved(let row, let previous):
                #expect(row == rows.last && row.metrics["accuracy"]! > previous ?? -1)
            case .saved(let kind, let path):
                saved.append("\(kind) \(rows.count)")
                #expect(FileManager.default.fileExists(atPath: path))
            case .stopped(let summary):
                stops += 1
                #expect(summary.reason == .completed)
            }
        }
        #expect(steps.count == 40 && stops == 1 && rows == summary.rows && summary.epochs == 8)
        #expect(steps.map { $0.epoch * 5 + $0.step } == Array(0..<40))
        #expect(steps.allSatisfy { $0.timeRemaining! >= 0 } && steps.last!.timeRemaining! < steps[0].timeRemaining! + 1)
        for step in steps {
            let time = Double(step.epoch) + Double(step.step) / 5
            #expect(step.learningRate == run.trainer.configuration.schedule(time))
        }
        #expect(rows.last!.loss < 0.8 * rows[0].loss)
        let mean = steps[5..<10].reduce(0) { $0 + Double($1.loss) } / 5
        #expect(abs(rows[1].loss - mean) < 1e-9 && rows[1].learningRate == steps[9].learningRate)
        #expect(saved.filter { $0.hasPrefix("checkpoint") } == (1...8).map { "checkpoint \($0)" })
        let best = try #require(summary.best as EpochResult?)
        #expect(saved.last { $0.hasPrefix("best") } == "best \(best.epoch)")
        #expect(best.metrics["accuracy"] == rows.compactMap { $0.metrics["accuracy"] }.max())
        #expect(rows.first { $0.metrics["accuracy"] == best.metrics["accuracy"] } == best)
    }

    @Test(
        "Trainer: the best weights are the averages that were evaluated",
        arguments: [SafetensorsTensor.Storage.f32, .f16])
    func theBestWeightsAreTheAveragesThatWereEvaluated(storage: SafetensorsTensor.Storage) throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let path = folder + "/best.safetensors"
        let files = TrainingFiles(
            best: path, bestStorage: storage, bestMetadata: { ["accuracy": "\($0.metrics["accuracy"]!)"] })
        let run = SmallRun(files: files)
        let best = try #require(try run.run().best)
        let file = try Safetensors(path: path)
        let again = try ParameterSet.load({ TrainedNetwork($0) }, from: file.stateDictionary()).network
        let batch = SmallBatch(seed: 999, count: 40)
        let scores = again(batch.images)
        let tolerance = storage == .f32 ? 0 : 2e-3
        #expect(abs(Double(crossEntropy(scores, batch.classes).item) - best.metrics["loss"]!) <= tolerance)
        #expect(file.metadata["accuracy"] == "\(best.metrics["accuracy"]!)" && file.metadata["data_sha256"] != nil)
        #expect(file.header.entries.allSatisfy { $0.dtype == storage.dtype })
    }

    @Test("Trainer: training stops when the metric no longer improves")
    func trainingStopsWhenTheMetricNoLongerImproves() throws {
        // The metric of each epoch: NaN, and the same again, are no improvement.
        let metrics = [0.5, 0.7, .nan, 0.7, 0.6, 0.9]
        var epoch = 0
        let (layer, parameters) = ParameterSet.initialize(seed: 1) { Conv2d(1, 1, kernel: 1, $0) }
        let trainer = Trainer<Tensor>(
            parameters, optimizer: GradientDescent(parameters.trainable, learningRate: 0),
            configuration: TrainingConfiguration(
                epochs: 6, stepsPerEpoch: 1, schedule: .constant(0.1), selection: .highest("accuracy"), patience: 3),
            batches: { _, _ in { seededTensor(seed: 1, [1, 1, 2, 2]) } },
            loss: { x, tape in TrainingLoss(squaredError(layer(tape.watch(x)), x)) },
            evaluate: {
                epoch += 1
                return ["accuracy": metrics[epoch - 1]]
            })
        let summary = try trainer.run()
        #expect(summary.reason == .earlyStopping && summary.epochs == 5 && summary.best?.epoch == 2)
    }

    @Test("Trainer: the last epoch may be the one to keep, whatever its metric")
    func theLastEpochMayBeTheOneToKeep() throws {
        let metrics = [0.5, 0.9, .nan, 0.6]
        var kept: [Int] = []
        var epoch = 0
        let (layer, parameters) = ParameterSet.initialize(seed: 1) { Conv2d(1, 1, kernel: 1, $0) }
        let trainer = Trainer<Tensor>(
            parameters, optimizer: GradientDescent(parameters.trainable, learningRate: 0),
            configuration: TrainingConfiguration(
                epochs: 4, stepsPerEpoch: 1, schedule: .constant(0.1), selection: .last("accuracy")),
            batches: { _, _ in { seededTensor(seed: 1, [1, 1, 2, 2]) } },
            loss: { x, tape in TrainingLoss(squaredError(layer(tape.watch(x)), x)) },
            evaluate: {
                epoch += 1
                return ["accuracy": metrics[epoch - 1]]
            })
        let summary = try trainer.run { if case .improved(let row, _) = $0 { kept.append(row.epoch) } }
        #expect(summary.best?.epoch == 4 && summary.best?.metrics["accuracy"] == 0.6 && kept == [1, 2, 3, 4])
    }

    @Test("Trainer: without an evaluation the training loss selects the best epoch")
    func withoutAnEvaluationTheTrainingLossTellsTheBest() throws {
        let (layer, parameters) = ParameterSet.initialize(seed: 1) { Conv2d(1, 1, kernel: 1, $0) }
        let trainer = Trainer<Tensor>(
            parameters, optimizer: GradientDescent(parameters.trainable, learningRate: 0),
            configuration: TrainingConfiguration(epochs: 4, stepsPerEpoch: 2, schedule: .constant(0.1)),
            batches: { _, _ in { seededTensor(seed: 1, [1, 1, 2, 2]) } },
            loss: { x, tape in TrainingLoss(squaredError(layer(tape.watch(x)), x)) })
        let summary = try trainer.run()
        #expect(summary.best?.epoch == 4 && summary.rows.map(\.loss) == summary.rows.map(\.loss).sorted(by: >))
    }

    @Test("Trainer: batches that end early are an error that counts") func batchesThatEndEarlyAreAnErrorThatCounts()
        throws
    {
        let (layer, parameters) = ParameterSet.initialize(seed: 1) { Conv2d(1, 1, kernel: 1, $0) }
        var given = 0
        let trainer = Trainer<Tensor>(
            parameters, optimizer: GradientDescent(parameters.trainable, learningRate: 0),
            configuration: TrainingConfiguration(epochs: 2, stepsPerEpoch: 3, schedule: .constant(0.1)),
            batches: { _, _ in
                {
                    given += 1
                    return given > 5 ? nil : seededTensor(seed: 1, [1, 1, 2, 2])
                }
            },
            loss: { x, tape in TrainingLoss(squaredError(layer(tape.watch(x)), x)) })
        let error = #expect(throws: TrainingError.self) { try trainer.run() }
        #expect(error?.problem == .tooFewBatches(epoch: 2, found: 2, expected: 3))
    }

    @Test("Trainer: a checkpoint that cannot be written is a typed error and the one before stays")
    func aCheckpointThatCannotBeWrittenIsATypedErrorAndTheOneBeforeStays() throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        // No folder: known before the first step.
        let missing = SmallRun(files: TrainingFiles(checkpoint: folder + "/none/checkpoint.safetensors"))
        #expect(throws: FileError.self) { try missing.run() }
        #expect(missing.losses.isEmpty)
        // A name that becomes a folder while the run is on: the write after the epoch fails.
        let path = folder + "/checkpoint.safetensors"
        let best = folder + "/best.safetensors"
        let run = SmallRun(
            .momentum, SmallRun.configuration(epochs: 8), files: TrainingFiles(checkpoint: path, best: best))
        #expect(throws: FileError.self) {
            try run.trainer.run { event in
                guard case .step(let step) = event, step.epoch == 2 else { return }
                try? FileManager.default.moveItem(atPath: folder, toPath: folder + "-moved")
            }
        }
        defer { remove(folder + "-moved") }
        let again = SmallRun()
        try again.trainer.resume(from: folder + "-moved/checkpoint.safetensors")
        #expect(again.trainer.rows.count == 2)
    }

    #if os(Linux)
    @Test("Trainer: a full disk is a typed error") func aFullDiskIsATypedError() throws {
        let error = #expect(throws: FileError.self) {
            try SmallRun(files: TrainingFiles(checkpoint: "/dev/full")).run(steps: 2)
        }
        #expect(error?.description.contains("No space left") == true)
    }
    #endif
}
