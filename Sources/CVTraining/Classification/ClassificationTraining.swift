import CVClassification
import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor
import CVWeights

/// The training of a classifier: data, network, optimizer and schedule put together as a recipe says.
///
/// ```swift
/// let dataset = try ImageDataset.classification(contentsOf: "cifar10-train.tar")
/// let recipe = ClassificationRecipe(try ModelRegistry.spec(named: "resnet20", task: .classify))
/// let training = try ClassificationTraining(recipe, dataset)
/// let trainer = training.trainer(files: TrainingFiles(best: "best.safetensors"))
/// try trainer.run { event in print(event) }
/// print(try training.evaluate(training.split.validation).accuracy)
/// ```
public struct ClassificationTraining {
    /// All settings.
    public let recipe: ClassificationRecipe
    /// The whole data set.
    public let images: DecodedImages
    /// The images to train on, and those held out.
    public let split: DatasetSplit
    /// With the mean and deviation of the images to train on, or those of the pretrained weights.
    public let preprocessing: Preprocessing
    /// The network that is trained.
    public let network: any ClassifierNetwork
    /// The network's parameters.
    public let parameters: ParameterSet
    /// Of the images to train on and of those held out; nil if all weights are trained.
    private let features: (train: BackboneFeatures, validation: BackboneFeatures)?
    private let augmentation: Augment.Pipeline?
    /// The recipe's, or all images if they are fewer.
    private let batchSize: Int

    /// Decodes all images and makes the network, with random weights or those that the recipe is initialized from.
    ///
    /// - Parameters:
    ///   - recipe: all settings.
    ///   - dataset: of `ImageDataset.classification`.
    ///   - pretrained: the weights that the recipe names.
    ///   - progress: called on any thread, one call at a time, with the number of images decoded and of all.
    /// - Throws: `DatasetError`, `AugmentationError`, `ArchitectureError` for a network that is not known or cannot have
    ///   this input, `MemoryError`, or `ModelFileError` for pretrained weights that are not of this network.
    public init(
        _ recipe: ClassificationRecipe, _ dataset: ImageDataset, pretrained: PretrainedWeights? = nil,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        let images = try Self.decoded(recipe, dataset, pretrained: pretrained, progress: progress)
        try self.init(recipe, decoded: images, pretrained: pretrained)
    }

    /// Decodes the images for the input of the network of `recipe`: several trainings may share them.
    ///
    /// - Parameters:
    ///   - recipe: its input counts.
    ///   - dataset: of `ImageDataset.classification`.
    ///   - pretrained: the weights that the recipe names, whose preprocessing counts.
    ///   - progress: called on any thread, one call at a time, with the number of images decoded and of all.
    /// - Returns: the images that decode.
    /// - Throws: `DatasetError` if no image of a class decodes.
    public static func decoded(
        _ recipe: ClassificationRecipe, _ dataset: ImageDataset, pretrained: PretrainedWeights? = nil,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> DecodedImages {
        let input =
            pretrained?.preprocessing(for: recipe.input)
            ?? Preprocessing(
                width: recipe.input.width, height: recipe.input.height, resize: .stretch,
                channels: recipe.input.channels == 1 ? .gray : .rgb)
        return try dataset.decoded(for: input, progress: progress)
    }

    /// Makes the network for images that are decoded, with random weights or those that the recipe is initialized from.
    ///
    /// - Parameters:
    ///   - recipe: all settings.
    ///   - images: as `decoded` returns them.
    ///   - pretrained: the weights that the recipe names.
    ///   - progress: called with the number of images whose features a frozen backbone has computed, and of all; an error
    ///     that it throws ends that.
    /// - Throws: as the other initializer, and what `progress` throws.
    public init(
        _ recipe: ClassificationRecipe, decoded images: DecodedImages, pretrained: PretrainedWeights? = nil,
        seeing progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
    ) throws {
        precondition(
            (recipe.pretrained == nil) == (pretrained == nil),
            "a recipe initialized from \(recipe.pretrained?.name ?? "nothing") and weights \(pretrained?.name ?? "none")"
        )
        precondition(recipe.frozen == nil || pretrained != nil, "random weights that are frozen learn nothing")
        precondition(
            pretrained.map { $0.spec.name == recipe.model } ?? true,
            "a recipe for \(recipe.model) and weights of \(pretrained?.spec.name ?? "")")
        self.recipe = recipe
        self.images = images
        augmentation = try recipe.augmentationPipeline()
        split = try images.split(holdout: recipe.holdout, seed: recipe.splitSeed ?? recipe.seed)
        let trained = Set(split.train.compactMap { images.items[$0].label })
        if let label = images.classes.indices.first(where: { !trained.contains($0) }) {
            throw DatasetError(images.dataset.path, .nothingToTrainOn(class: images.classes[label]))
        }
        preprocessing =
            try pretrained?.preprocessing(for: recipe.input) ?? images.normalization(over: split.train)
        batchSize = min(recipe.batchSize, split.train.count)
        let spec = try ModelRegistry.spec(named: recipe.model, task: .classify)
        let (classes, input) = (images.classes.count, recipe.input)
        try spec.check(classes: classes, input: input)
        if recipe.frozen == nil {
            try spec.checkTrainingMemory(classes: classes, input: input, batch: batchSize)
        } else {
            try spec.checkInferenceMemory(classes: classes, input: input, batch: Self.featureBatch)
        }
        let made = ParameterSet.initialize(seed: recipe.seed) {
            spec.makeClassifier(classes: classes, input: input, $0)
        }
        (network, parameters) = made
        try pretrained?.load(into: made.parameters, of: made.network)
        guard recipe.frozen == .backbone else {
            features = nil
            return
        }
        parameters.setTrainable(false)
        parameters.setTrainable(true, prefix: made.network.headScope + ".")
        features = try Self.features(recipe, images, split, preprocessing, augmentation, made.network, progress)
    }

    /// Images that a frozen backbone computes at a time.
    private static let featureBatch = 32

    private static func features(
        _ recipe: ClassificationRecipe, _ images: DecodedImages, _ split: DatasetSplit,
        _ preprocessing: Preprocessing, _ augmentation: Augment.Pipeline?, _ network: any ClassifierNetwork,
        _ progress: (_ done: Int, _ of: Int) throws -> Void
    ) throws -> (train: BackboneFeatures, validation: BackboneFeatures) {
        let count = split.train.count * recipe.copies
        func loader(_ items: [Int], _ augmentation: Augment.Pipeline?) -> BatchLoader<ImageCollation> {
            BatchLoader(
                images, items: items, batchSize: featureBatch, preprocessing: preprocessing, augmentation: augmentation,
                seed: recipe.seed, shuffles: false)
        }
        let train = try BackboneFeatures(
            network.backbone, loader(split.train, augmentation), copies: recipe.copies
        ) { try progress($0, count + split.validation.count) }
        let validation = try BackboneFeatures(network.backbone, loader(split.validation, nil)) {
            try progress(count + $0, count + split.validation.count)
        }
        return (train, validation)
    }

    /// The number of steps in an epoch: whole batches.
    public var stepsPerEpoch: Int { split.train.count / batchSize }

    /// A trainer of the network with its present weights.
    ///
    /// - Parameter files: what the trainer writes.
    /// - Returns: a trainer that selects the best epoch by the accuracy on validation, if there is any.
    public func trainer(files: TrainingFiles = .none) -> Trainer<ImageBatch> {
        let learner: any Layer = features == nil ? network : ClassifierHead(network: network)
        return Trainer(
            parameters,
            optimizer: recipe.optimizer(of: parameters, l1: recipe.l1), configuration: configuration, files: files,
            batches: batches,
            loss: { [recipe] batch, tape in
                let (loss, logits) = classificationLoss(
                    learner, tape.watch(batch.images), batch.labels, smoothing: Float(recipe.labelSmoothing))
                return TrainingLoss(loss, metrics: ["accuracy": accuracy(of: logits, batch.labels)])
            },
            evaluate: { [self] in
                guard !split.validation.isEmpty else { return [:] }
                let metrics =
                    try features?.validation.evaluate(network.head, classes: images.classes)
                    ?? evaluate(split.validation)
                return ["loss": metrics.loss, "accuracy": metrics.accuracy]
            })
    }

    /// Of images, or of the features that the frozen backbone has computed from them.
    private func batches(epoch: Int, step: Int) -> () throws -> ImageBatch? {
        if let features {
            return features.train.batches(epoch: epoch, startingAt: step, batchSize: batchSize, seed: recipe.seed)
        }
        let stream = loader(split.train, shuffles: true).batches(epoch: epoch, startingAt: step)
        return { try stream.next() }
    }

    private var configuration: TrainingConfiguration {
        recipe.configuration(
            stepsPerEpoch: stepsPerEpoch, selection: split.validation.isEmpty ? .lowest("loss") : .highest("accuracy"),
            dataset: images.dataset.fingerprint(), images: images.items.count)
    }

    /// Evaluates the network with its present weights.
    ///
    /// - Parameter items: indices of `images.items`.
    /// - Returns: loss, accuracy and confusion matrix.
    /// - Throws: `FileError` or `ImageError` for a file that has changed since it was decoded.
    public func evaluate(_ items: [Int]) throws -> ClassificationMetrics {
        try CVTraining.evaluate({ network($0) }, loader(items, shuffles: false), classes: images.classes)
    }

    private func loader(_ items: [Int], shuffles: Bool) -> BatchLoader<ImageCollation> {
        BatchLoader(
            images, items: items,
            batchSize: shuffles ? batchSize : evaluationBatch(network, preprocessing, atMost: 250),
            preprocessing: preprocessing,
            augmentation: shuffles ? augmentation : nil, seed: recipe.seed, shuffles: shuffles)
    }

    /// The metadata of a weight file.
    public var metadata: [String: String] {
        var texts = WeightsMetadata(
            model: recipe.model, task: "classify", preprocessing: preprocessing, labels: images.classes
        ).dictionary
        texts["recipe"] = recipe.json.text
        return texts
    }
}

/// The fraction of a batch whose class has the highest score.
private func accuracy(of logits: Tensor, _ labels: [Int]) -> Double {
    let classes = logits.shape[1]
    let hits = logits.withValues { values in
        labels.enumerated().count { row, label in
            let scores = values[row * classes..<(row + 1) * classes]
            return scores.firstIndex(of: scores.max() ?? 0) == row * classes + label
        }
    }
    return Double(hits) / Double(max(labels.count, 1))
}
