import CVCore
import CVNN
import CVTensor
import Foundation
import TestSupport
import Testing

/// Two convolutions with batch-norm and a 1 × 1 convolution to four classes.
private struct SmallNetwork: Layer {
    let conv1, conv2, head: Conv2d, bn1, bn2: BatchNorm2d

    init(_ p: ParameterScope) {
        conv1 = Conv2d(3, 16, kernel: 3, padding: 1, bias: false, p.scope("conv1"))
        bn1 = BatchNorm2d(16, p.scope("bn1"))
        conv2 = Conv2d(16, 16, kernel: 3, stride: 2, padding: 1, bias: false, p.scope("conv2"))
        bn2 = BatchNorm2d(16, p.scope("bn2"))
        head = Conv2d(16, 4, kernel: 1, p.scope("head"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        head(Activation.relu(bn2(conv2(Activation.relu(bn1(conv1(x)))))))
    }
}

@Suite(.serialized) struct TrainingStepTests {
    private let images = seededTensor(seed: 1, [8, 3, 16, 16])
    private let classes = uniformTensor(seed: 2, [8 * 64]).values.map { Int(clamping: $0 * 4) }

    /// The losses of so many steps; `afterStep` is called after each.
    private func losses(steps: Int, afterStep: (Int) -> Void = { _ in }) -> [Float] {
        let (network, parameters) = ParameterSet.initialize(seed: 3, SmallNetwork.init)
        let optimizer = Adam(parameters.trainable, learningRate: 1e-2)
        return (0..<steps).map { step in
            let tape = Tape(.training)
            let loss = crossEntropy(network(tape.watch(images)), classes)
            tape.gradients(of: loss)
            optimizer.step()
            optimizer.clearGradients()
            afterStep(step)
            return loss.item
        }
    }

    @Test("training step: the loss falls") func theLossFalls() {
        let losses = losses(steps: 60)
        #expect(losses[0] > 1.3)
        #expect(losses[59] < 0.9 * losses[0])
    }

    @Test("training step: the losses are the same at any thread count") func theLossesAreTheSameAtAnyThreadCount() {
        defer { Parallel.threadCount = Parallel.availableCores }
        Parallel.threadCount = 1
        let alone = losses(steps: 10)
        for threads in [2, 5] {
            Parallel.threadCount = threads
            #expect(losses(steps: 10) == alone)
        }
    }

    /// Convolution, batch normalization, pooling, dropout and a fully connected layer, in a size where each is split.
    @Test("training step: all layers train to the same weights at any thread count", arguments: SmallOptimizer.allCases)
    func allLayersTrainToTheSameWeightsAtAnyThreadCount(optimizer: SmallOptimizer) {
        defer { Parallel.threadCount = Parallel.availableCores }
        func weights(threads: Int) -> [String: [Float]] {
            Parallel.threadCount = threads
            let (network, parameters) = ParameterSet.initialize(seed: 3) { TrainedNetwork(size: 32, channels: 48, $0) }
            let optimizer = optimizer.make(parameters.trainable)
            optimizer.learningRate = 0.01
            for step in 0..<5 {
                let batch = SmallBatch(seed: UInt64(step), count: 21, size: 32)
                let tape = Tape(.training, seed: UInt64(step))
                tape.gradients(of: crossEntropy(network(tape.watch(batch.images)), batch.classes))
                clipGradients(parameters, norm: 1)
                optimizer.step()
                optimizer.clearGradients()
            }
            return parameters.stateDictionary.mapValues(\.values)
        }
        let alone = weights(threads: 1)
        for threads in [2, 3, 5] { #expect(weights(threads: threads) == alone, "\(threads) threads") }
    }

    #if os(Linux)
    /// The results of the layers are half a megabyte a step: 300 steps that kept theirs would be 150.
    ///
    /// Other tests of this process take memory at the same time, so one quiet run of five is enough; a leak shows in all.
    @Test("training step: resident memory stays flat over hundreds of steps")
    func residentMemoryStaysFlatOverHundredsOfSteps() {
        var growths: [Int] = []
        while growths.count < 5 && (growths.last ?? .max) >= 8 << 20 {
            var pages: [Int] = []
            _ = losses(steps: 400) { step in if step == 99 || step == 399 { pages.append(residentPages()) } }
            growths.append((pages[1] - pages[0]) * 4096)
        }
        #expect(growths.contains { $0 < 8 << 20 }, "grew by \(growths) bytes")
    }

    private func residentPages() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? -1
    }
    #endif
}
