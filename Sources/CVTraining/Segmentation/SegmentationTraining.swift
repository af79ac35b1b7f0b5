import CVCore
import CVImage
import CVModels
import CVNN
import CVSegmentation
import CVTask
import CVTensor
import CVWeights

/// The training of a segmentation: data, network, optimizer and schedule put together as a recipe says.
///
/// ```swift
/// let dataset = try ImageDataset.segmentation(contentsOf: "streets")
/// let recipe = SegmentationRecipe(try ModelRegistry.spec(named: "unet-w16-d3", task: .segment))
/// let training = try SegmentationTraining(recipe, SegmentationImages(dataset))
/// let trainer = training.trainer(files: TrainingFiles(best: "best.safetensors"))
/// try trainer.run { event in print(event) }
/// print(try training.evaluate(training.split.validation).meanIoU)
/// ```
public struct SegmentationTraining {
    /// With the size of the images.
    public let recipe: SegmentationRecipe
    /// The whole data set.
    public let images: SegmentationImages
    /// The images to train on, and those held out.
    public let split: DatasetSplit
    /// With the mean and deviation of the images to train on, or those that the pretrained weights expect.
    public let preprocessing: Preprocessing
    /// The network that is trained.
    public let network: any Layer
    /// The network's parameters.
    public let parameters: ParameterSet
    /// The weight of each class in the loss; nil if all are the same.
    public let classWeights: [Float]?
    private let augmentation: Augment.Pipeline
    /// The recipe's, or all images if they are fewer.
    private let batchSize: Int
    /// Of the smallest input that the network takes.
    private let minimumSide: Int
    /// Batches are large, and a step takes longer than making one.
    private static let batchesAhead = 3

    /// Makes the network, with random weights or those that the recipe is initialized from.
    ///
    /// - Parameters:
    ///   - recipe: all settings.
    ///   - images: checked, of one size.
    ///   - pretrained: the weights that the recipe names.
    /// - Throws: `DatasetError`, `AugmentationError`, `ArchitectureError` for a network that is not known or cannot have
    ///   this input, `MemoryError`, or `ModelFileError` for pretrained weights that are not of this network.
    public init(
        _ recipe: SegmentationRecipe, _ images: SegmentationImages, pretrained: PretrainedEncoder? = nil
    ) throws {
        precondition(
            recipe.pretrained?.name == pretrained?.name,
            "a recipe initialized from \(recipe.pretrained?.name ?? "nothing") and weights \(pretrained?.name ?? "none")"
        )
        var recipe = recipe
        recipe.size = .init(width: images.width, height: images.height)
        recipe.whiteIsClassOne = images.whiteIsClassOne
        (self.recipe, self.images) = (recipe, images)
        let crop = recipe.crop ?? .init(width: images.width, height: images.height)
        augmentation = Augment.Pipeline(
            (try recipe.augmentationPipeline()?.steps ?? []) + [
                Augment.ScaledCrop(width: crop.width, height: crop.height, scale: recipe.scale)
            ])
        split = try images.decoded.split(holdout: recipe.holdout, seed: recipe.splitSeed ?? recipe.seed)
        preprocessing =
            try pretrained?.preprocessing(width: images.width, height: images.height)
            ?? images.decoded.normalization(over: split.train)
        batchSize = min(recipe.batchSize, split.train.count)
        let isWeighted = recipe.classWeights == .medianFrequency
        classWeights = isWeighted ? images.medianFrequencyWeights(over: split.train) : nil
        let spec = try ModelRegistry.spec(named: recipe.model, task: .segment)
        minimumSide = spec.minimumSide
        let classes = images.labels.names.count
        let allowed = ModelSpec.Limits.maskClasses
        guard allowed.contains(classes) else {
            throw ArchitectureError.classes(architecture: spec.name, found: classes, allowed: allowed)
        }
        for size in [crop, .init(width: images.width, height: images.height)] {
            try spec.check(classes: classes, input: .init(channels: 3, height: size.height, width: size.width))
        }
        try spec.checkTrainingMemory(
            classes: classes, input: .init(channels: 3, height: crop.height, width: crop.width), batch: batchSize)
        (network, parameters) = ParameterSet.initialize(seed: recipe.seed) { spec.makeSegmenter(classes: classes, $0) }
        try pretrained?.load(into: parameters)
    }

    /// The number of steps in an epoch: whole batches.
    public var stepsPerEpoch: Int { split.train.count / batchSize }

    /// A trainer of the network with its present weights.
    ///
    /// - Parameter files: what the trainer writes.
    /// - Returns: a trainer that selects the best epoch by the mean IoU on validation, if there is any.
    public func trainer(files: TrainingFiles = .none) -> Trainer<SegmentationBatch> {
        let loader = BatchLoader(
            images.decoded, items: split.train, batchSize: batchSize, collation: SegmentationCollation(preprocessing),
            augmentation: augmentation, seed: recipe.seed, shuffles: true, ahead: Self.batchesAhead, workers: 1)
        let weights = classWeights.map { Tensor($0, shape: [$0.count]) }
        return Trainer(
            parameters,
            optimizer: recipe.optimizer(of: parameters), configuration: configuration, files: files,
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
            dataset: images.decoded.dataset.fingerprint(classes: images.labels.names), images: images.items.count)
    }

    /// Evaluates the network with its present weights on images, each in its own size.
    ///
    /// - Parameter items: indices of `images.items`.
    /// - Returns: IoU of each class and the confusion matrix.
    /// - Throws: `FileError` or `ImageError` for a file that has changed since it was decoded.
    public func evaluate(_ items: [Int]) throws -> SegmentationMetrics {
        try segmenter.evaluate(images, items: items)
    }

    /// A segmenter with the present weights, for images of any size.
    public var segmenter: Segmenter {
        Segmenter(
            network: network, labels: images.labels, preprocessing: preprocessing, minimumSide: minimumSide)
    }

    /// The metadata of a weight file.
    public var metadata: [String: String] {
        var texts = WeightsMetadata(
            model: recipe.model, task: "segment", preprocessing: preprocessing, labels: images.labels.names
        ).dictionary
        texts[SegmentationLabels.colorsKey] = images.labels.colorsText
        texts["recipe"] = recipe.json.text
        return texts
    }
}
