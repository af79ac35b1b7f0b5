import CVCore
import CVImage
import CVNN
import CVTask
import CVTensor
import CVWeights

/// The training of one of the small networks of the course's way to a detector, on images that are drawn for each step.
///
/// ```swift
/// let training = ShapeTraining(ShapeRecipe(.grid))
/// try training.trainer().run { event in print(event) }
/// print(training.score().averagePrecision50 ?? 0)
/// ```
public struct ShapeTraining {
    /// All settings.
    public let recipe: ShapeRecipe
    /// The network that is trained.
    public let network: ShapeNetwork
    /// The network's parameters.
    public let parameters: ParameterSet
    /// The images that the network is measured on. It is never trained on them.
    public let heldOut: [ShapeScene]

    private static let heldOutCount = 400
    /// Images that are given to the network at once, to be measured.
    private static let evaluationBatch = 50
    /// Batches are drawn while the network learns from those before.
    private static let batchesAhead = 3

    /// Makes the network with random weights, and draws the images to measure it on.
    ///
    /// - Parameter recipe: all settings.
    public init(_ recipe: ShapeRecipe) {
        self.recipe = recipe
        (network, parameters) = ParameterSet.initialize(seed: recipe.seed) { ShapeNetwork(recipe.lesson, $0) }
        // The seed is not that of the training, whatever that is.
        let seed = ~recipe.seed
        heldOut = (0..<Self.heldOutCount).map { ShapeScene(for: recipe.lesson, seed: seed, index: $0) }
    }

    /// A trainer of the network with its present weights.
    ///
    /// - Parameter files: what the trainer writes.
    /// - Returns: a trainer. The last epoch counts as the best: the learning rate has fallen to 0, and nothing is chosen by the images
    ///   that measure the result.
    public func trainer(files: TrainingFiles = .none) -> Trainer<ShapeBatch> {
        Trainer(
            parameters, optimizer: recipe.optimizer(of: parameters), configuration: configuration, files: files,
            batches: { [recipe] epoch, step in
                let size = recipe.settings.batchSize
                let first = epoch * recipe.stepsPerEpoch
                let stream = BatchStream(
                    steps: first + step..<first + recipe.stepsPerEpoch, ahead: Self.batchesAhead, workers: 1
                ) { number, _ in
                    ShapeBatch(for: recipe.lesson, seed: recipe.seed, indices: number * size..<(number + 1) * size)
                }
                return { try stream.next() }
            },
            loss: { [network, recipe] batch, tape in
                let value = recipe.loss(
                    network(tape.watch(batch.images)), batch.targets(for: recipe.lesson), recipe.lesson.layout)
                return TrainingLoss(value.total, metrics: value.metrics(recipe.lesson.layout))
            },
            evaluate: { score().metrics })
    }

    private var configuration: TrainingConfiguration {
        let rates = recipe.settings.schedule.make(
            rate: recipe.learningRate, epochs: recipe.epochs, stepsPerEpoch: recipe.stepsPerEpoch
        ).warmedUp(over: recipe.warmup, step: 1 / Double(recipe.stepsPerEpoch))
        return TrainingConfiguration(
            epochs: recipe.epochs, stepsPerEpoch: recipe.stepsPerEpoch, schedule: rates, seed: recipe.seed,
            selection: .last(recipe.lesson == .corners ? "pixels" : "ap50"), details: recipe.details)
    }

    /// What the network finds with its present weights.
    ///
    /// - Parameter scenes: drawn images.
    /// - Returns: the findings of each image.
    public func findings(in scenes: [ShapeScene]) -> [ShapeFinding] {
        stride(from: 0, to: scenes.count, by: Self.evaluationBatch).flatMap { start in
            let part = Array(scenes[start..<min(start + Self.evaluationBatch, scenes.count)])
            let output = ShapeOutput(network(ShapeBatch(part).images), recipe.lesson.layout)
            return part.indices.map { ShapeFinding(output, recipe.lesson, image: $0) }
        }
    }

    /// How good the network is with its present weights, on the images that were held out.
    ///
    /// - Returns: the scores.
    public func score() -> ShapeScore { ShapeScore(findings(in: heldOut), heldOut, recipe.lesson) }

    /// The metadata of a weight file.
    public var metadata: [String: String] {
        let preprocessing = Preprocessing(
            width: ShapeScene.side, height: ShapeScene.side, resize: .stretch, mean: [127.5, 127.5, 127.5],
            std: [127.5, 127.5, 127.5])
        let labels = recipe.lesson == .corners ? [] : ShapeLesson.classes
        var texts = WeightsMetadata(
            model: "shapes-\(recipe.lesson.rawValue)", task: "shapes", preprocessing: preprocessing, labels: labels
        ).dictionary
        texts["recipe"] = recipe.json.text
        return texts
    }
}

extension TwoCaseLoss.Value {
    fileprivate func metrics(_ layout: ShapeLayout) -> Metrics {
        let classes: [Metrics.Element] = layout.classes > 0 ? [.init("class", self.classes)] : []
        return Metrics([.init("p_c", presence), .init("coordinates", coordinates)] + classes)
    }
}

extension ShapeScore {
    /// Those that there are, with short names.
    public var metrics: Metrics {
        let all = [
            ("ap50", averagePrecision50), ("raw-ap50", averagePrecision50BeforeSuppression), ("iou", meanOverlap),
            ("pixels", cornerError), ("presence", presenceAccuracy),
        ]
        return Metrics(all.compactMap { name, value in value.map { .init(name, $0) } })
    }
}
