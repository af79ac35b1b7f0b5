import CVNN
import CVTensor
import CVTraining
import TestSupport

/// All kinds of layers whose training could depend on threads or on a resumption: convolution, batch normalization,
/// pooling, dropout, and a fully connected layer.
struct TrainedNetwork: Layer {
    let conv1, conv2: Conv2d, bn1: BatchNorm2d, weight, bias: Parameter

    /// For images [N, 3, size, size]; 4 classes.
    init(size: Int = 8, channels: Int = 8, _ p: ParameterScope) {
        conv1 = Conv2d(3, channels, kernel: 3, padding: 1, bias: false, p.scope("conv1"))
        bn1 = BatchNorm2d(channels, p.scope("bn1"))
        conv2 = Conv2d(channels, 8, kernel: 3, padding: 1, p.scope("conv2"))
        weight = p.scope("fc").parameter("weight", shape: [4, 2 * size * size], initialized: .pyTorchWeight)
        bias = p.scope("fc").parameter("bias", shape: [4])
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        var y = Activation.relu(bn1(conv1(x)))
        y = maxPool2d(y, ConvGeometry(kernel: 2, stride: 2))
        y = dropout(Activation.relu(conv2(y)), probability: 0.3)
        y = y.reshaped([y.shape[0], weight.shape[1]])
        return linear(y, weight.value(on: y), bias: bias.value(on: y))
    }
}

struct SmallBatch {
    let images: Tensor
    let classes: [Int]

    /// The class of an image is in its second channel.
    init(seed: UInt64, count: Int = 6, size: Int = 8) {
        classes = uniformTensor(seed: seed &+ 1, [count]).values.map { Int($0 * 4) }
        let plane = size * size
        var values = seededTensor(seed: seed, [count, 3, size, size]).values
        for (image, name) in classes.enumerated() {
            for position in 0..<plane { values[(image * 3 + 1) * plane + position] += Float(name) - 1.5 }
        }
        images = Tensor(values, shape: [count, 3, size, size])
    }
}

enum SmallOptimizer: String, CaseIterable, Sendable {
    case momentum, adam, rmsprop

    func make(_ parameters: [Parameter]) -> any Optimizer {
        switch self {
        case .momentum:
            GradientDescent(
                parameters, learningRate: 0, momentum: 0.9, nesterov: true, regularization: Regularization(l2: 5e-4))
        case .adam: Adam(parameters)
        case .rmsprop: RMSprop(parameters, momentum: 0.5)
        }
    }
}

/// A short training of `TrainedNetwork` on images made from their place in the run.
final class SmallRun {
    let network: TrainedNetwork
    let parameters: ParameterSet
    let trainer: Trainer<SmallBatch>
    private(set) var losses: [Float] = []

    static func configuration(epochs: Int = 3, patience: Int? = nil) -> TrainingConfiguration {
        TrainingConfiguration(
            epochs: epochs, stepsPerEpoch: 5,
            schedule: Schedule.cosine(from: 0.02, over: 3).warmedUp(over: 1, step: 0.2),
            seed: 5,
            selection: .highest("accuracy"), gradientNorm: 2, averageDecay: 0.9, patience: patience,
            details: ["batch": "6"])
    }

    init(
        _ optimizer: SmallOptimizer = .momentum, _ configuration: TrainingConfiguration = configuration(),
        files: TrainingFiles = .none, seed: UInt64 = 3
    ) {
        let (network, parameters) = ParameterSet.initialize(seed: seed) { TrainedNetwork($0) }
        (self.network, self.parameters) = (network, parameters)
        let steps = configuration.stepsPerEpoch
        trainer = Trainer(
            parameters, optimizer: optimizer.make(parameters.trainable), configuration: configuration, files: files,
            batches: { epoch, step in
                var position = epoch * steps + step
                return {
                    position += 1
                    return SmallBatch(seed: UInt64(position))
                }
            },
            loss: { batch, tape in
                let scores = network(tape.watch(batch.images))
                return TrainingLoss(
                    crossEntropy(scores, batch.classes), metrics: ["accuracy": accuracy(scores, batch.classes)])
            },
            evaluate: {
                let batch = SmallBatch(seed: 999, count: 40)
                let scores = network(batch.images)
                return [
                    "loss": Double(crossEntropy(scores, batch.classes).item),
                    "accuracy": accuracy(scores, batch.classes),
                ]
            })
    }

    /// Runs until so many steps are made, or to the end.
    @discardableResult
    func run(steps: Int = .max) throws -> TrainingSummary {
        try trainer.run(
            shouldStop: { self.losses.count >= steps },
            onEvent: { event in
                if case .step(let step) = event { losses.append(step.loss) }
            })
    }
}

func accuracy(_ scores: Tensor, _ classes: [Int]) -> Double {
    let (values, count) = (scores.values, scores.shape[1])
    let right = classes.indices.count { row in
        let best = (0..<count).reduce(0) { values[row * count + $1] > values[row * count + $0] ? $1 : $0 }
        return best == classes[row]
    }
    return Double(right) / Double(classes.count)
}
