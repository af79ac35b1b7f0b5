import CVClassification
import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor
import CVTraining
import CVWeights

/// Steps of training on pseudo-random images: forward, backward, and the change of the weights.
struct TrainingBenchmark {
    private let name: String
    private let optimizer: any Optimizer
    private let images: Tensor
    /// Of the images on a tape.
    private let loss: (Tensor) -> Tensor

    /// The tasks whose training can be measured.
    static let tasks: [VisionTask] = [.classify, .segment, .detect]

    /// - Parameters:
    ///   - name: a network of the registry for one of `tasks`, with the input that it is described for.
    ///   - batchSize: images in a step.
    /// - Throws: `ArchitectureError` for another; `MemoryError`.
    init(network name: String, batchSize: Int) throws {
        self.name = name
        // What Tools/bench compares with PyTorch under this name is the network of the paper, without batch norm.
        let spec = try ModelRegistry.spec(named: name == "unet" ? "unet-plain" : name)
        let isTrained = spec.task != .detect || DetectionRecipe.networks.contains { $0.name == spec.name }
        guard Self.tasks.contains(spec.task), isTrained else {
            let known = ModelRegistry.specs(for: .classify) + ModelRegistry.specs(for: .segment)
            throw ArchitectureError.otherTask(
                architecture: spec.name, found: spec.task, expected: .classify,
                known: (known + DetectionRecipe.networks).map(\.name))
        }
        let input = spec.defaultInput
        try spec.checkTrainingMemory(batch: batchSize)
        (loss, optimizer) =
            switch spec.task {
            case .segment: Self.segmentation(spec, batchSize)
            case .detect: Self.detection(spec, batchSize)
            default: Self.classification(spec, batchSize)
            }
        let shape: Shape = [batchSize, input.channels, input.height, input.width]
        var numbers = SplitMix64(seed: 1)
        images = Tensor((0..<shape.count).map { _ in numbers.uniform() }, shape: shape)
    }

    private typealias Parts = (loss: (Tensor) -> Tensor, optimizer: any Optimizer)

    private static func classification(_ spec: ModelSpec, _ batchSize: Int) -> Parts {
        let classes = spec.defaultClasses
        let (network, parameters) = ParameterSet.initialize(seed: 1) { spec.makeClassifier(classes: classes, $0) }
        let labels = (0..<batchSize).map { $0 % classes }
        return (
            { classificationLoss(network, $0, labels).loss },
            GradientDescent(parameters.trainable, learningRate: 0.01, momentum: 0.9)
        )
    }

    private static func segmentation(_ spec: ModelSpec, _ batchSize: Int) -> Parts {
        let (classes, input) = (spec.defaultClasses, spec.defaultInput)
        let (network, parameters) = ParameterSet.initialize(seed: 1) { spec.makeSegmenter(classes: classes, $0) }
        let labels = (0..<batchSize * input.height * input.width).map { $0 % classes }
        return (
            { classificationLoss(network, $0, labels).loss }, Adam(parameters.trainable, learningRate: 1e-4)
        )
    }

    /// Objects in an image, and regions that a search would find.
    private static let (objects, regions) = (8, 300)

    private static func detection(_ spec: ModelSpec, _ batchSize: Int) -> Parts {
        let (classes, input) = (spec.defaultClasses, spec.defaultInput)
        let (network, parameters) = ParameterSet.initialize(seed: 1) { spec.make(classes: classes, $0) }
        var numbers = SplitMix64(seed: 2)
        func box() -> Box {
            let (width, height) = (20 + 150 * numbers.uniform(), 20 + 150 * numbers.uniform())
            let x = numbers.uniform() * (Float(input.width) - width)
            let y = numbers.uniform() * (Float(input.height) - height)
            return Box(minX: x, minY: y, maxX: x + width, maxY: y + height)
        }
        let boxes = (0..<batchSize).map { _ in (0..<objects).map { LabeledBox(box(), label: $0 % classes) } }
        let found = boxes.map { $0.map(\.box) + (0..<regions).map { _ in box() } }
        let hasAnchors = DetectionRecipe(spec).hasAnchors
        func loss(_ images: Tensor) -> Tensor {
            switch network {
            case .regions(let network): RegionLoss()(network, images, boxes, found: found).total
            case .detector(let network) where hasAnchors:
                AnchorLoss()(network(images), boxes, width: input.width, height: input.height).total
            case .detector(let network): YOLOXLoss()(network(images), boxes).total
            default: preconditionFailure("\(spec.name) is not trained on boxes")
            }
        }
        return (loss, Adam(parameters.trainable, learningRate: 1e-4))
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
        tape.gradients(of: loss(tape.watch(images)))
        optimizer.step()
        optimizer.clearGradients()
    }
}
