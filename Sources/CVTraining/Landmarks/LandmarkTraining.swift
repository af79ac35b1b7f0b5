import CVCore
import CVImage
import CVLandmarks
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// The training of a network for landmarks: data, network, optimizer and schedule put together as a recipe says.
///
/// ```swift
/// let dataset = try LandmarkDataset(contentsOf: "faces")
/// let recipe = LandmarkRecipe(try ModelRegistry.spec(named: "landmarks-heatmap", task: .landmarks))
/// let images = try dataset.decoded(side: recipe.side)
/// let training = try LandmarkTraining(recipe, images, scheme: dataset.scheme)
/// let trainer = training.trainer(files: TrainingFiles(best: "best.safetensors"))
/// try trainer.run { event in print(event) }
/// print(try training.evaluate(training.split.validation).main.meanError)
/// ```
public struct LandmarkTraining {
    /// All settings.
    public let recipe: LandmarkRecipe
    /// The whole data set.
    public let images: DecodedImages
    /// What the points are.
    public let scheme: LandmarkScheme
    /// The images to train on, and those held out.
    public let split: DatasetSplit
    /// With the mean and deviation of the images to train on, or those that the pretrained weights expect.
    public let preprocessing: Preprocessing
    /// The network that is trained.
    public let network: any LandmarkNetwork
    /// The network's parameters.
    public let parameters: ParameterSet
    /// The crop of a step, and the augmentation of the recipe.
    package let augmentation: Augment.Pipeline
    /// The recipe's, or all images if they are fewer.
    private let batchSize: Int
    /// Batches are large, and a step takes longer than making one.
    private static let batchesAhead = 3

    /// Makes the network, with random weights or those that the recipe is initialized from.
    ///
    /// - Parameters:
    ///   - recipe: all settings.
    ///   - images: decoded by `LandmarkDataset.decoded`.
    ///   - scheme: what the points are.
    ///   - pretrained: the weights that the recipe names.
    /// - Throws: `DatasetError`, `AugmentationError`, `LandmarkTrainingError`, `ArchitectureError` for a network that is not known or
    ///   cannot have this input, or `ModelFileError` for pretrained weights that are not of this network.
    public init(
        _ recipe: LandmarkRecipe, _ images: DecodedImages, scheme: LandmarkScheme,
        pretrained: PretrainedEncoder? = nil
    ) throws {
        precondition(
            recipe.pretrained?.name == pretrained?.name,
            "a recipe initialized from \(recipe.pretrained?.name ?? "nothing") and weights \(pretrained?.name ?? "none")"
        )
        (self.recipe, self.images, self.scheme) = (recipe, images, scheme)
        let spec = try ModelRegistry.spec(named: recipe.model, task: .landmarks)
        let input = ModelSpec.Input(channels: 3, height: recipe.side, width: recipe.side)
        try spec.check(classes: scheme.points.count, input: input)
        augmentation = try Self.augmentation(recipe, scheme)
        split = try images.split(holdout: recipe.holdout, seed: recipe.splitSeed ?? recipe.seed)
        guard split.train.contains(where: { !images.items[$0].landmarks.isEmpty }) else {
            throw LandmarkTrainingError.noObjects(images.dataset.path)
        }
        var normalization =
            try pretrained?.preprocessing(width: recipe.side, height: recipe.side)
            ?? images.normalization(over: split.train)
        (normalization.width, normalization.height) = (recipe.side, recipe.side)
        preprocessing = normalization
        batchSize = min(recipe.batchSize, split.train.count)
        (network, parameters) = ParameterSet.initialize(seed: recipe.seed) {
            spec.makeLandmarkNetwork(points: scheme.points.count, input: input, $0)
        }
        guard recipe.loss.suits(network.head) else {
            throw LandmarkTrainingError.loss(recipe.loss.description, model: recipe.model)
        }
        try pretrained?.load(into: parameters)
    }

    /// The crop, and what the recipe says; images are mirrored only where it is known which points swap.
    private static func augmentation(
        _ recipe: LandmarkRecipe, _ scheme: LandmarkScheme
    ) throws -> Augment.Pipeline {
        let names = recipe.augmentation.split(separator: ",").map { step in
            String(step.prefix { !"=@".contains($0) }).filter { !$0.isWhitespace }.lowercased()
        }
        if let mixture = names.first(where: { ["mosaic", "mixup"].contains($0) }) {
            throw LandmarkTrainingError.mixture(mixture)
        }
        if names.contains("mirror"), !scheme.isMirrorKnown { throw LandmarkTrainingError.unknownPairs }
        let context = AugmentationContext(keypointPairs: scheme.pairs)
        let steps =
            recipe.augmentation.isEmpty
            ? [] : try AugmentationRecipe(recipe.augmentation, context: context).pipeline.steps
        let crop = LandmarkCrop(
            side: recipe.side, fill: recipe.fill, shift: recipe.shift, degrees: recipe.degrees)
        return Augment.Pipeline([crop] + steps + [FixedSize(side: recipe.side)])
    }

    /// The number of steps in an epoch: whole batches.
    public var stepsPerEpoch: Int { split.train.count / batchSize }

    /// A trainer of the network with its present weights.
    ///
    /// - Parameter files: what the trainer writes.
    /// - Returns: a trainer that selects the best epoch by the mean error on validation, if there is any.
    public func trainer(files: TrainingFiles = .none) -> Trainer<LandmarkBatch> {
        let loader = BatchLoader(
            images, items: split.train, batchSize: batchSize,
            collation: LandmarkCollation(preprocessing, points: scheme.points.count), augmentation: augmentation,
            seed: recipe.seed, shuffles: true, ahead: Self.batchesAhead, workers: 1)
        return Trainer(
            parameters,
            optimizer: recipe.optimizer(of: parameters), configuration: configuration, files: files,
            batches: { epoch, step in
                let stream = loader.batches(epoch: epoch, startingAt: step)
                return { try stream.next() }
            },
            loss: { [network, recipe] batch, tape in
                TrainingLoss(recipe.loss(network(tape.watch(batch.images)), batch, network.head))
            },
            evaluate: { [self] in
                guard isEvaluated else { return [:] }
                let metrics = try evaluate(split.validation).main
                return ["nme": metrics.meanError, "auc": metrics.areaUnderCurve, "failures": metrics.failureRate]
            })
    }

    /// Whether there are images with objects for validation.
    public var isEvaluated: Bool { split.validation.contains { !images.items[$0].landmarks.isEmpty } }

    private var configuration: TrainingConfiguration {
        recipe.configuration(
            stepsPerEpoch: stepsPerEpoch, selection: isEvaluated ? .lowest("nme") : .lowest("loss"),
            dataset: images.dataset.fingerprint(classes: scheme.points), images: images.items.count,
            details: ["mirror pairs": scheme.pairs.map { "\($0.left)-\($0.right)" }.joined(separator: " ")])
    }

    /// Evaluates the network with its present weights on images, each in its own size.
    ///
    /// - Parameter items: indices of `images.items`.
    /// - Returns: the errors of all images.
    /// - Throws: `FileError` or `ImageError` for a file that has changed since it was decoded.
    public func evaluate(_ items: [Int]) throws -> LandmarkMetrics {
        try detector.evaluate(images, items: items)
    }

    /// A detector with the present weights.
    public var detector: LandmarkDetector {
        LandmarkDetector(
            network: network, scheme: scheme, preprocessing: preprocessing,
            decoding: recipe.loss.decoding(network.head), fill: usualFill)
    }

    /// The geometric middle of what is trained on.
    private var usualFill: Double { (recipe.fill.lowerBound * recipe.fill.upperBound).squareRoot() }

    /// The metadata of a weight file.
    public var metadata: [String: String] {
        var texts = WeightsMetadata(
            model: recipe.model, task: "landmarks", preprocessing: preprocessing, labels: scheme.points
        ).dictionary
        texts[LandmarkDetector.metadataKey] =
            LandmarkMetadata(scheme: scheme, decoding: recipe.loss.decoding(network.head), fill: usualFill).text
        texts["recipe"] = recipe.json.text
        return texts
    }
}

/// Resizes what an augmentation such as a crop has made smaller.
private struct FixedSize: Augmentation {
    let side: Int

    func callAsFunction(_ sample: Sample, using random: inout SplitMix64) -> Sample {
        let isFitting = sample.image.width == side && sample.image.height == side
        return isFitting ? sample : sample.resized(width: side, height: side)
    }
}

/// Settings of a training of landmarks that do not go together.
public enum LandmarkTrainingError: ToolkitError, Equatable {
    /// A loss that the network cannot have.
    case loss(String, model: String)
    /// An augmentation that joins several images.
    case mixture(String)
    /// A mirror image of points of which it is not known which of them swap.
    case unknownPairs
    /// No image to train on shows an object.
    case noObjects(String)

    public var description: String {
        switch self {
        case .loss(let loss, let model):
            "the loss \(loss) is for networks for heat maps, but \(model) gives coordinates: squared, smooth-l1 and wing are for it"
        case .mixture(let name):
            "the augmentation \(name) joins several images, but landmarks are those of one object: leave it out"
        case .unknownPairs:
            "images cannot be mirrored, since the data set does not say which points swap, such as the left and the right eye: add "
                + "\"pairs\" to it, or leave out the augmentation mirror"
        case .noObjects(let path): "\(path.escapedForDisplay): no image to train on shows an object"
        }
    }

    public var category: ErrorCategory { .invalid }
}
