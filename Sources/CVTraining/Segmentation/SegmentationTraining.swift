import CVCore
import CVImage
import CVModels
import CVNN
import CVSegmentation
import CVTask
import CVTensor
import CVWeights

/// The training of a segmentation: data, network, optimiser and schedule put together as a recipe says.
///
/// ```swift
/// let dataset = try SegmentationDataset(contentsOf: "streets")
/// let recipe = SegmentationRecipe(try SegmentationArchitecture.named("unet-w16-d3"))
/// let training = try SegmentationTraining(recipe, SegmentationImages(dataset))
/// let trainer = training.trainer(files: TrainingFiles(best: "best.safetensors"))
/// try trainer.run { event in print(event) }
/// print(try training.evaluate(training.split.dev).meanIoU)
/// ```
public struct SegmentationTraining {
    /// With the size that pictures have.
    public let recipe: SegmentationRecipe
    public let images: SegmentationImages
    public let split: DatasetSplit
    /// With the mean and deviation of the pictures to learn from, or what the pretrained weights expect.
    public let preprocessing: Preprocessing
    public let network: any Layer
    public let parameters: ParameterSet
    /// What each class weighs; nil where all weigh the same.
    public let classWeights: [Float]?
    private let augmentation: Augment.Pipeline
    /// The recipe's, or all pictures where they are fewer.
    private let batchSize: Int
    /// Of what the network takes.
    private let minimumSide: Int

    /// Makes the network, with fresh weights or those that the recipe begins from.
    ///
    /// - Throws: `DatasetError`, `AugmentationError`, `ArchitectureError` for a network that is not known or cannot have
    ///   this input, or `SegmenterError` for pretrained weights that are not of this network.
    public init(
        _ recipe: SegmentationRecipe, _ images: SegmentationImages, pretrained: PretrainedSegmentation? = nil
    ) throws {
        precondition(
            recipe.pretrained?.name == pretrained?.name,
            "a recipe that begins from \(recipe.pretrained?.name ?? "nothing") and weights \(pretrained?.name ?? "none")"
        )
        var recipe = recipe
        recipe.size = .init(width: images.width, height: images.height)
        (self.recipe, self.images) = (recipe, images)
        let crop = recipe.crop ?? .init(width: images.width, height: images.height)
        let changes = recipe.augmentation.isEmpty ? [] : try AugmentationRecipe(recipe.augmentation).pipeline.steps
        augmentation = Augment.Pipeline(
            changes + [Augment.ScaledCrop(width: crop.width, height: crop.height, scale: recipe.scale)])
        split = try images.split(holdout: recipe.holdout, seed: recipe.splitSeed ?? recipe.seed)
        preprocessing =
            try pretrained?.preprocessing(width: images.width, height: images.height)
            ?? images.normalization(over: split.train)
        batchSize = min(recipe.batchSize, split.train.count)
        let isWeighted = recipe.classWeights == .medianFrequency
        classWeights = isWeighted ? images.medianFrequencyWeights(over: split.train) : nil
        let architecture = try SegmentationArchitecture.named(recipe.model)
        minimumSide = architecture.minimumSide
        let classes = images.labels.names.count
        for size in [crop, .init(width: images.width, height: images.height)] {
            try architecture.check(classes: classes, input: .init(channels: 3, height: size.height, width: size.width))
        }
        (network, parameters) = ParameterSet.initialize(seed: recipe.seed) { architecture.make(classes: classes, $0) }
        try pretrained?.load(into: parameters)
    }

    /// Steps of an epoch: whole batches.
    public var stepsPerEpoch: Int { split.train.count / batchSize }

    /// A trainer of the network, from where it is.
    public func trainer(files: TrainingFiles = .none) -> Trainer<SegmentationBatch> {
        let loader = SegmentationLoader(
            images: images, items: split.train, batchSize: batchSize, levels: LevelTable(preprocessing),
            augmentation: augmentation, seed: recipe.seed)
        let weights = classWeights.map { Tensor($0, shape: [$0.count]) }
        return Trainer(
            parameters,
            optimizer: recipe.optimizer.make(
                parameters.trainable, learningRate: recipe.learningRate, momentum: recipe.momentum,
                weightDecay: recipe.weightDecay), configuration: configuration, files: files,
            batches: { epoch, step in
                let stream = loader.batches(epoch: epoch, startingAt: step)
                return { try stream.next() }
            },
            loss: { [network, recipe] batch, tape in
                let logits = network(tape.watch(batch.images))
                return TrainingLoss(recipe.loss(logits, batch.classes, weights: weights))
            },
            evaluate: { [self] in
                guard !split.validation.isEmpty else { return [:] }
                let metrics = try evaluate(split.validation)
                return ["mean_iou": metrics.meanIoU, "pixel_accuracy": metrics.pixelAccuracy]
            })
    }

    private var configuration: TrainingConfiguration {
        recipe.configuration(
            stepsPerEpoch: stepsPerEpoch, selection: split.validation.isEmpty ? .lowest("loss") : .highest("mean_iou"),
            images: images.items.count)
    }

    /// How well the network does with its present weights on these pictures, each in its own size.
    ///
    /// items: places in `images.items`.
    public func evaluate(_ items: [Int]) throws -> SegmentationMetrics {
        try segmenter.evaluate(images, items: items)
    }

    /// The network as it is, for pictures of any size.
    public var segmenter: Segmenter {
        Segmenter(
            network: network, labels: images.labels, preprocessing: preprocessing, minimumSide: minimumSide)
    }

    /// What the weights say about themselves.
    public var metadata: [String: String] {
        var texts = WeightsMetadata(
            model: recipe.model, task: "segment", preprocessing: preprocessing, labels: images.labels.names
        ).dictionary
        texts[SegmentationLabels.colorsKey] = images.labels.colorsText
        texts["recipe"] = recipe.json.text
        return texts
    }
}
