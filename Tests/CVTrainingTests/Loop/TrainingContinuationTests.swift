import CVCore
import CVNN
import CVTensor
import CVTraining
import TestSupport
import Testing

/// What a resumed run must find as it was: the images, and the best weights.
@Suite struct TrainingContinuationTests {
    /// One weight, and a metric that is best in the first epoch.
    private func run(
        _ folder: String, epochs: Int, made: Int = 0, dataset: DatasetFingerprint? = nil, stops: Bool = false
    ) throws -> (events: [String], summary: TrainingSummary) {
        let (weight, parameters) = ParameterSet.initialize(seed: 1) { $0.parameter("w", shape: [1]) }
        var evaluations = made
        let trainer = Trainer<Int>(
            parameters, optimizer: GradientDescent(parameters.trainable, learningRate: 0.1),
            configuration: TrainingConfiguration(
                epochs: epochs, stepsPerEpoch: 1, schedule: .constant(0.1), selection: .lowest("rank"), patience: 3,
                dataset: dataset),
            files: TrainingFiles(
                checkpoint: folder + "/checkpoint.safetensors", best: folder + "/best.safetensors"),
            batches: { _, _ in { 0 } },
            loss: { _, tape in
                TrainingLoss(
                    squaredError(weight.value(on: tape.watch(Tensor([0], shape: [1]))), Tensor([3], shape: [1])))
            },
            evaluate: {
                evaluations += 1
                return ["rank": Double(evaluations)]
            })
        if made > 0 { try trainer.resume(from: folder + "/checkpoint.safetensors") }
        var events = trainer.lostBest.map { ["lost \($0.epoch)"] } ?? []
        let summary = try trainer.run(
            shouldStop: { stops },
            onEvent: { event in
                switch event {
                case .saved(.best, _): events.append("best")
                case .epochEnded(let row): events.append("epoch \(row.epoch)")
                default: break
                }
            })
        return (events, summary)
    }

    @Test("resuming: best weights that were removed are written again at the end of their epoch")
    func bestWeightsAreWrittenAgain() throws {
        let scratch = try Scratch()
        #expect(try run(scratch.path, epochs: 1).events == ["epoch 1", "best"])
        let before = try FileInput.read(scratch.path + "/best.safetensors")
        remove(scratch.path + "/best.safetensors")
        let (events, summary) = try run(scratch.path, epochs: 1, made: 1)
        #expect(events == ["best"] && summary.best?.epoch == 1)
        #expect(try FileInput.read(scratch.path + "/best.safetensors") == before)
        // A file that is there stays as it is.
        #expect(try run(scratch.path, epochs: 1, made: 1).events == [])
    }

    @Test("resuming: best weights that are lost are reported, and the best of later epochs is kept")
    func lostBestWeightsAreReported() throws {
        let scratch = try Scratch()
        #expect(try run(scratch.path, epochs: 3).events == ["epoch 1", "best", "epoch 2", "epoch 3"])
        remove(scratch.path + "/best.safetensors")
        let ended = try run(scratch.path, epochs: 3, made: 3)
        #expect(ended.events == ["lost 1"] && ended.summary.best == nil)
        // Patience counts from there on, also after another pause.
        let longer = try run(scratch.path, epochs: 5, made: 3)
        #expect(longer.events == ["lost 1", "epoch 4", "best", "epoch 5"] && longer.summary.best?.epoch == 4)
        #expect(try run(scratch.path, epochs: 9, made: 5).events == ["epoch 6", "epoch 7"])
    }

    @Test("resuming: after best weights are lost, patience counts anew also after a pause at once")
    func patienceCountsAnewAfterAPause() throws {
        let scratch = try Scratch()
        _ = try run(scratch.path, epochs: 3)
        remove(scratch.path + "/best.safetensors")
        #expect(try run(scratch.path, epochs: 9, made: 3, stops: true).events == ["lost 1"])
        #expect(
            try run(scratch.path, epochs: 9, made: 3).events
                == ["epoch 4", "best", "epoch 5", "epoch 6", "epoch 7"])
    }

    private func values(_ parameters: ParameterSet) -> [[Float]] { parameters.map(\.value.values) }

    // MARK: Images

    private func fingerprint(_ scratch: Scratch) throws -> DatasetFingerprint {
        try ImageDataset.classification(contentsOf: scratch.path).fingerprint()
    }

    @Test("resuming: other classes and images are refused and named") func otherImagesAreRefused() throws {
        let (folder, scratch) = (try Scratch(), try Scratch())
        try scratch.classes(["cat", "dog", "emu"], count: 3)
        _ = try run(folder.path, epochs: 1, dataset: fingerprint(scratch))
        _ = try run(folder.path, epochs: 1, made: 1, dataset: fingerprint(scratch))
        func differences() throws -> [DatasetFingerprint.Difference] {
            let changed = try fingerprint(scratch)
            let error = #expect(throws: TrainingError.self) {
                try run(folder.path, epochs: 1, made: 1, dataset: changed)
            }
            guard case .otherDataset(let differences)? = error?.problem else { return [] }
            return differences
        }
        try scratch.image("dog/more.png")
        #expect(try differences() == [.count(class: "dog", saved: 3, present: 4)])
        remove(scratch.path + "/dog/more.png")
        remove(scratch.path + "/dog/00.png")
        try scratch.image("dog/other.png")
        #expect(try differences() == [.otherImages(class: "dog", count: 3)])
        remove(scratch.path + "/dog/other.png")
        try scratch.image("dog/00.png", width: 50, height: 50)
        #expect(try differences() == [.otherImages(class: "dog", count: 3)])
        try scratch.classes(["dog"], count: 3)
        try scratch.classes(["cat", "dog", "emu"], count: 3)
        for name in ["00", "01", "02"] {
            try scratch.write(FileInput.read(scratch.path + "/cat/\(name).png"), to: "zebra/\(name).png")
        }
        remove(scratch.path + "/cat")
        #expect(try differences() == [.missingClass("cat", images: 3), .newClass("zebra", images: 3)])
    }

    @Test("dataset fingerprint: a copy of a set has the same, in a folder, a tar file and a list alike")
    func copiesHaveTheSameFingerprint() throws {
        let scratch = try Scratch()
        try scratch.classes(["a", "b"], count: 2)
        let expected = try fingerprint(scratch)
        #expect(expected.classes == ["a", "b"] && expected.groups.map(\.count) == [2, 2])
        let copy = try Scratch()
        try copy.classes(["a", "b"], count: 2)
        #expect(try fingerprint(copy) == expected)
        var tar = TarBuilder()
        for name in ["a/00.png", "a/01.png", "b/00.png", "b/01.png"] {
            tar.add(name, try FileInput.read(scratch.path + "/" + name))
        }
        let packed = try ImageDataset.classification(contentsOf: copy.write(tar.finished(), to: "set.tar"))
        #expect(packed.fingerprint() == expected)
        // The part that a list assigns an image to counts.
        func list(_ part: String) throws -> DatasetFingerprint {
            let rows = ["a/00.png,a,\(part)", "a/01.png,a,train", "b/00.png,b,train", "b/01.png,b,train"]
            let text = "path,label,split\n" + rows.joined(separator: "\n")
            return try ImageDataset.classification(contentsOf: scratch.write(text, to: "list.csv")).fingerprint()
        }
        #expect(
            try list("train").differences(from: list("val")) == [.otherImages(class: "a", count: 2)])
    }

    // MARK: Steps

    @Test("training: dropout has another mask in every step of every epoch") func everyStepHasItsOwnMask() throws {
        let (weight, parameters) = ParameterSet.initialize(seed: 1) { $0.parameter("w", shape: [64]) }
        var masks: [[Float]] = []
        let trainer = Trainer<Int>(
            parameters, optimizer: GradientDescent(parameters.trainable, learningRate: 0),
            configuration: TrainingConfiguration(epochs: 3, stepsPerEpoch: 2, schedule: .constant(0), seed: 9),
            batches: { _, _ in { 0 } },
            loss: { _, tape in
                let ones = tape.watch(Tensor(repeating: 1, shape: [64]))
                let kept = dropout(ones, probability: 0.5)
                masks.append(kept.values)
                return TrainingLoss(squaredError(kept * weight.value(on: ones), Tensor(repeating: 0, shape: [64])))
            })
        try trainer.run()
        #expect(masks.count == 6 && Set(masks).count == 6)
        #expect(masks.allSatisfy { Set($0) == [0, 2] })
    }

    /// As `torch.nn.BatchNorm2d`: "Expected more than 1 value per channel when training".
    @Test(
        "training: batch normalization of one value of each channel is an error, of one image with more it is not",
        arguments: [(1, 2), (2, 2), (1, 3)])
    func oneValuePerChannelIsAnError(images: Int, side: Int) throws {
        let (network, parameters) = ParameterSet.initialize(seed: 1) { p in
            (conv: Conv2d(3, 4, kernel: 2, p.scope("conv")), bn: BatchNorm2d(4, p.scope("block.bn")))
        }
        let before = values(parameters)
        let trainer = Trainer<Int>(
            parameters, optimizer: GradientDescent(parameters.trainable, learningRate: 0.1),
            configuration: TrainingConfiguration(epochs: 1, stepsPerEpoch: 1, schedule: .constant(0.1)),
            batches: { _, _ in { 0 } },
            loss: { _, tape in
                let x = tape.watch(seededTensor(seed: 1, [images, 3, side, side]))
                let y = network.bn(network.conv(x))
                return TrainingLoss(squaredError(y, Tensor(repeating: 1, shape: y.shape)))
            })
        guard images == 1, side == 2 else {
            try trainer.run()
            return
        }
        #expect(throws: TrainingError(.oneValuePerChannel(layer: "block.bn", shape: [1, 4, 1, 1]))) {
            try trainer.run()
        }
        #expect(values(parameters) == before)
    }

    // MARK: Time

    @Test("resuming: an epoch that is interrupted twice takes the sum of its parts") func interruptedEpochsTakeTheSum()
        throws
    {
        let scratch = try Scratch()
        let path = scratch.path + "/checkpoint.safetensors"
        var seconds = 0.0
        for session in 0..<3 {
            let (weight, parameters) = ParameterSet.initialize(seed: 1) { $0.parameter("w", shape: [1]) }
            let trainer = Trainer<Int>(
                parameters, optimizer: GradientDescent(parameters.trainable, learningRate: 0.1),
                configuration: TrainingConfiguration(epochs: 1, stepsPerEpoch: 3, schedule: .constant(0.1)),
                files: TrainingFiles(checkpoint: path), batches: { _, _ in { 0 } },
                loss: { _, tape in
                    usleep(100_000)
                    return TrainingLoss(
                        squaredError(weight.value(on: tape.watch(Tensor([0], shape: [1]))), Tensor([3], shape: [1])))
                })
            if session > 0 { try trainer.resume(from: path) }
            var steps = 0
            let summary = try trainer.run(
                shouldStop: { session < 2 && steps == 1 },
                onEvent: { event in
                    if case .step = event { steps += 1 }
                })
            #expect(steps == 1)
            seconds = summary.rows.last?.seconds ?? 0
        }
        #expect(seconds >= 0.3)
    }
}
