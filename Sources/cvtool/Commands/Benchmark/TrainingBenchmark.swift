import CVClassification
import CVCore
import CVModels
import CVNN
import CVTensor
import CVTraining
import CVWeights

/// Steps of training on pseudo-random images: forward, backward, and the change of the weights.
struct TrainingBenchmark {
    private let name: String
    private let network: any Layer
    private let optimizer: any Optimizer
    private let images: Tensor
    private let labels: [Int]

    /// The tasks whose training is one loss over logits.
    static let tasks: [VisionTask] = [.classify, .segment]

    /// - Parameters:
    ///   - name: a network of the registry for one of `tasks`, with the input that it is described for.
    ///   - batchSize: images in a step.
    /// - Throws: `ArchitectureError` for another; `MemoryError`.
    init(network name: String, batchSize: Int) throws {
        self.name = name
        // What Tools/bench compares with PyTorch under this name is the network of the paper, without batch norm.
        let spec = try ModelRegistry.spec(named: name == "unet" ? "unet-plain" : name)
        guard Self.tasks.contains(spec.task) else {
            throw ArchitectureError.otherTask(
                architecture: spec.name, found: spec.task, expected: .classify,
                known: Self.tasks.flatMap { ModelRegistry.specs(for: $0) }.map(\.name))
        }
        let (input, classes) = (spec.defaultInput, spec.defaultClasses)
        try spec.checkTrainingMemory(batch: batchSize)
        if spec.task == .segment {
            let (segmenter, parameters) = ParameterSet.initialize(seed: 1) { spec.makeSegmenter(classes: classes, $0) }
            network = segmenter
            optimizer = Adam(parameters.trainable, learningRate: 1e-4)
            labels = (0..<batchSize * input.height * input.width).map { $0 % classes }
        } else {
            let (classifier, parameters) = ParameterSet.initialize(seed: 1) {
                spec.makeClassifier(classes: classes, $0)
            }
            network = classifier
            optimizer = GradientDescent(parameters.trainable, learningRate: 0.01, momentum: 0.9)
            labels = (0..<batchSize).map { $0 % classes }
        }
        let shape: Shape = [batchSize, input.channels, input.height, input.width]
        var numbers = SplitMix64(seed: 1)
        images = Tensor((0..<shape.count).map { _ in numbers.uniform() }, shape: shape)
    }

    func report(runs: Int) -> BenchmarkReport {
        let input = images.shape.dimensions.map { "\($0)" }.joined(separator: "×")
        return BenchmarkReport(
            network: "training of \(name)", input: input,
            facts: [JSONMember("input", .array(images.shape.dimensions.map { .integer($0) }))], runs: runs,
            steps: [BenchmarkStep("step", runs: runs, step)])
    }

    private func step() {
        let tape = Tape(.training, seed: 1)
        tape.gradients(of: classificationLoss(network, tape.watch(images), labels).loss)
        optimizer.step()
        optimizer.clearGradients()
    }
}
