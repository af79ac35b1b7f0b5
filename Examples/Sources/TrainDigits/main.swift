// Draws digits, trains LeNet-5 on them, and measures the accuracy on digits that it has not seen: in some seconds.
//
//     swift run -c release --package-path Examples TrainDigits
//
// Nothing is read from disk: the data set is drawn as it is needed, and every batch of the training is new.
import CVToolkit
import CVTraining

/// Images with their classes.
struct Batch {
    /// [N, 1, 28, 28], from 0 (black) to 1 (white), with noise.
    let images: Tensor
    let labels: [Int]
}

/// A digit in white on black: of a random size, near the center, rotated a little.
func drawn(_ digit: Int, using random: inout SplitMix64) -> Image {
    var image = Image(width: 28, height: 28, fill: .black)
    let size = Float.random(in: 18...28, using: &random)
    let left = (28 - TextMetrics("\(digit)", size: size).width) / 2 + .random(in: -3...3, using: &random)
    // A digit is 0.7 of the size high, and stands on the baseline.
    let foot = (28 + 0.7 * size) / 2 + .random(in: -3...3, using: &random)
    image.drawText("\(digit)", x: left, baseline: foot, size: size, color: .white)
    return image.rotated(degrees: .random(in: -15...15, using: &random))
}

/// The same digits for the same seed.
func makeBatch(count: Int, seed: UInt64) -> Batch {
    var random = SplitMix64(seed: seed)
    let labels = (0..<count).map { _ in Int.random(in: 0...9, using: &random) }
    let images = labels.map { drawn($0, using: &random) }
    // From images to the input of a network: the same struct travels with trained weights in their file.
    let preprocessing = Preprocessing(width: 28, height: 28, resize: .stretch, channels: .gray)
    let clean = preprocessing.batch(images)
    let noise = Tensor(shape: clean.shape) { values in
        for index in values.indices { values[index] = .random(in: -0.25...0.25, using: &random) }
    }
    return Batch(images: clean + noise, labels: labels)
}

/// The fraction of images whose largest score is that of their class.
func accuracy(of network: LeNet5, on batch: Batch) -> Double {
    // Without a tape nothing is recorded: this is inference.
    let scores = network(batch.images).values
    let hits = batch.labels.enumerated().filter { index, label in
        let row = scores[index * 10..<(index + 1) * 10]
        return row.firstIndex(of: row.max()!)! - row.startIndex == label
    }
    return Double(hits.count) / Double(batch.labels.count)
}

// The network and its parameters. Every parameter has random numbers of its own, from this seed and its key.
let (network, parameters) = ParameterSet.initialize(seed: 1) { LeNet5(activation: .relu, $0) }
let validation = makeBatch(count: 1000, seed: 1 << 32)  // no batch of the training has this seed

let (epochs, steps) = (5, 120)
let trainer = Trainer<Batch>(
    parameters, optimizer: Adam(parameters.trainable),
    // The learning rate falls from 2e-3 to 0 along a cosine; the best epoch is the one with the highest accuracy.
    configuration: TrainingConfiguration(
        epochs: epochs, stepsPerEpoch: steps, schedule: .cosine(from: 2e-3, over: Double(epochs)),
        selection: .highest("accuracy")),
    // The batches of an epoch, as a function that returns the next. A trainer that resumes begins in mid-epoch.
    batches: { epoch, firstStep in
        var step = firstStep
        return {
            defer { step += 1 }
            return step < steps ? makeBatch(count: 32, seed: UInt64(epoch * steps + step)) : nil
        }
    },
    // The forward pass on a tape. The trainer computes the gradients and lets the optimizer step.
    loss: { batch, tape in TrainingLoss(crossEntropy(network(tape.watch(batch.images)), batch.labels)) },
    evaluate: { ["accuracy": accuracy(of: network, on: validation)] })

print("LeNet-5: \(parameters.trainable.map(\.shape.count).reduce(0, +)) parameters")
try trainer.run { event in
    guard case .epochEnded(let result) = event else { return }
    print("epoch \(result.epoch): loss \(result.loss), validation accuracy \(result.metrics["accuracy"]!)")
}
print("validation accuracy: \(100 * accuracy(of: network, on: validation)) %")
