import CVClassification
import CVCore
import CVModels
import CVNN
import CVTensor
import CVTraining

/// Steps of training on pseudo-random pictures: forward, backward, and the change of the weights.
struct TrainingBenchmark {
    private let name: String
    private let network: any Layer
    private let optimizer: any Optimizer
    private let images: Tensor
    private let labels: [Int]

    /// network: `unet`, in the size of its paper on pictures of 256 × 256, or a classifier with the input of its own.
    init(network name: String, batchSize: Int) throws(ArchitectureError) {
        self.name = name
        let input: Shape
        let classes: Int
        if name == "unet" {
            let (unet, parameters) = ParameterSet.initialize(seed: 1) { UNet(classes: 2, $0) }
            network = unet
            optimizer = Adam(parameters.trainable, learningRate: 1e-4)
            (input, classes) = ([batchSize, 3, 256, 256], 2)
            labels = (0..<batchSize * 256 * 256).map { $0 % classes }
        } else {
            let architecture = try ClassifierArchitecture.named(name)
            let size = architecture.defaultInput
            classes = name.hasPrefix("resnet") && size.height == 224 ? 1000 : 10
            let (classifier, parameters) = ParameterSet.initialize(seed: 1) {
                architecture.make(classes: classes, input: size, $0)
            }
            network = classifier
            optimizer = GradientDescent(parameters.trainable, learningRate: 0.01, momentum: 0.9)
            input = [batchSize, size.channels, size.height, size.width]
            labels = (0..<batchSize).map { $0 % classes }
        }
        var numbers = SplitMix64(seed: 1)
        images = Tensor((0..<input.count).map { _ in numbers.uniform() }, shape: input)
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
