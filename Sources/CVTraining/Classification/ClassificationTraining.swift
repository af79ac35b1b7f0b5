import CVClassification
import CVCore
import CVImage
import CVModels
import CVNN
import CVTensor
import CVWeights

/// The training of a classifier: data, network, optimiser and schedule put together as a recipe says.
///
/// ```swift
/// let dataset = try ClassificationDataset(contentsOf: "cifar10-train.tar")
/// let recipe = ClassificationRecipe(try ClassifierArchitecture.named("resnet20"))
/// let training = try ClassificationTraining(recipe, dataset)
/// let trainer = training.trainer(files: TrainingFiles(best: "best.safetensors"))
/// try trainer.run { event in print(event) }
/// print(try training.evaluate(training.split.dev).accuracy)
/// ```
public struct ClassificationTraining {
    public let recipe: ClassificationRecipe
    public let images: DecodedImages
    public let split: DatasetSplit
    /// With the mean and deviation of the pictures to learn from.
    public let preprocessing: Preprocessing
    public let network: any ClassifierNetwork
    public let parameters: ParameterSet
    /// Of the pictures to learn from and of those held back; nil where all weights are trained.
    private let features: (train: BackboneFeatures, validation: BackboneFeatures)?
    private let augmentation: Augment.Pipeline?
    /// The recipe's, or all pictures where they are fewer.
    private let batchSize: Int

    /// Decodes all pictures and makes the network, with fresh weights or those that the recipe begins from.
    ///
    /// pretrained: those that the recipe names. progress: called on any thread with the pictures decoded so far and all
    /// of them.
    /// - Throws: `DatasetError`, `AugmentationError`, `ArchitectureError` for a network that is not known or cannot have
    ///   this input, or `ClassifierError` for pretrained weights that are not of this network.
    public init(
        _ recipe: ClassificationRecipe, _ dataset: ClassificationDataset, pretrained: PretrainedWeights? = nil,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        let images = try Self.decoded(recipe, dataset, pretrained: pretrained, progress: progress)
        try self.init(recipe, decoded: images, pretrained: pretrained)
    }

    /// The pictures as the network of `recipe` is given them: several trainings may share them.
    public static func decoded(
        _ recipe: ClassificationRecipe, _ dataset: ClassificationDataset, pretrained: PretrainedWeights? = nil,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> DecodedImages {
        let input =
            pretrained?.preprocessing(for: recipe.input)
            ?? Preprocessing(
                width: recipe.input.width, height: recipe.input.height, resize: .stretch,
                channels: recipe.input.channels == 1 ? .gray : .rgb)
        return try dataset.decoded(for: input, progress: progress)
    }

    /// seeing: called with how many pictures a frozen backbone has looked at, and how many it will; what it throws ends
    /// that.
    public init(
        _ recipe: ClassificationRecipe, decoded images: DecodedImages, pretrained: PretrainedWeights? = nil,
        seeing progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
    ) throws {
        precondition(
            (recipe.pretrained == nil) == (pretrained == nil),
            "a recipe that begins from \(recipe.pretrained?.name ?? "nothing") and weights \(pretrained?.name ?? "none")"
        )
        precondition(recipe.frozen == nil || pretrained != nil, "fresh weights that are frozen learn nothing")
        precondition(
            pretrained.map { $0.architecture.name == recipe.model } ?? true,
            "a recipe for \(recipe.model) and weights of \(pretrained?.architecture.name ?? "")")
        self.recipe = recipe
        self.images = images
        augmentation = recipe.augmentation.isEmpty ? nil : try AugmentationRecipe(recipe.augmentation).pipeline
        split = try images.split(holdout: recipe.holdout, seed: recipe.splitSeed ?? recipe.seed)
        preprocessing =
            try pretrained?.preprocessing(for: recipe.input) ?? images.normalization(over: split.train)
        batchSize = min(recipe.batchSize, split.train.count)
        let architecture = try ClassifierArchitecture.named(recipe.model)
        let (classes, input) = (images.classes.count, recipe.input)
        try architecture.check(classes: classes, input: input)
        let made = ParameterSet.initialize(seed: recipe.seed) { architecture.make(classes: classes, input: input, $0) }
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

    private static func features(
        _ recipe: ClassificationRecipe, _ images: DecodedImages, _ split: DatasetSplit,
        _ preprocessing: Preprocessing, _ augmentation: Augment.Pipeline?, _ network: any ClassifierNetwork,
        _ progress: (_ done: Int, _ of: Int) throws -> Void
    ) throws -> (train: BackboneFeatures, validation: BackboneFeatures) {
        let count = split.train.count * recipe.copies
        func loader(_ items: [Int], _ augmentation: Augment.Pipeline?) -> BatchLoader {
            BatchLoader(
                images, items: items, batchSize: 32, preprocessing: preprocessing, augmentation: augmentation,
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

    /// Steps of an epoch: whole batches.
    public var stepsPerEpoch: Int { split.train.count / batchSize }

    /// A trainer of the network, from where it is.
    public func trainer(files: TrainingFiles = .none) -> Trainer<ImageBatch> {
        let learner: any Layer = features == nil ? network : ClassifierHead(network: network)
        return Trainer(
            parameters,
            optimizer: recipe.optimizer.make(
                parameters.trainable, learningRate: recipe.learningRate, momentum: recipe.momentum,
                weightDecay: recipe.weightDecay, l1: recipe.l1), configuration: configuration, files: files,
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

    /// Of pictures, or of what the frozen backbone has made of them.
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
            images: images.items.count)
    }

    /// How well the network does with its present weights on these pictures.
    ///
    /// items: places in `images.items`.
    public func evaluate(_ items: [Int]) throws -> ClassificationMetrics {
        try CVTraining.evaluate({ network($0) }, loader(items, shuffles: false), classes: images.classes)
    }

    private func loader(_ items: [Int], shuffles: Bool) -> BatchLoader {
        BatchLoader(
            images, items: items, batchSize: shuffles ? batchSize : 250, preprocessing: preprocessing,
            augmentation: shuffles ? augmentation : nil, seed: recipe.seed, shuffles: shuffles)
    }

    /// What the weights say about themselves.
    public var metadata: [String: String] {
        var texts = WeightsMetadata(
            model: recipe.model, task: "classify", preprocessing: preprocessing, labels: images.classes
        ).dictionary
        texts["recipe"] = recipe.json.text
        return texts
    }
}

/// The part of a batch whose class has the highest score.
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
