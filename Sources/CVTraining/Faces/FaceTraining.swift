import CVCore
import CVFaces
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// The training of a siamese network on faces: the data set, its split by people, the network, and its trainer.
///
/// ```swift
/// let dataset = try ImageDataset.faces(contentsOf: "att-faces")
/// let training = try FaceTraining(FaceRecipe(.triplet), dataset)
/// let trainer = training.trainer(files: TrainingFiles(best: "best.safetensors"))
/// try trainer.run { event in print(event) }
/// print(try training.evaluate(training.split.validation).roc.area)
/// ```
public struct FaceTraining {
    /// All settings.
    public let recipe: FaceRecipe
    /// The whole data set.
    public let images: DecodedImages
    /// The images to train on, and those of the people held out.
    public let split: DatasetSplit
    /// With the mean and deviation of the images to train on.
    public let preprocessing: Preprocessing
    /// The network that is trained.
    public let network: SiameseNet
    /// The network's parameters, and those that only the loss has.
    public let parameters: ParameterSet
    private let learner: FaceLearner
    private let augmentation: Augment.Pipeline?
    /// The person of each label, counted without those held out.
    private let trainedPeople: [Int: Int]

    /// Decodes all images and makes the network with random weights.
    ///
    /// - Parameters:
    ///   - recipe: all settings.
    ///   - dataset: of `ImageDataset.faces`.
    ///   - progress: called on any thread, one call at a time, with the number of images decoded and of all.
    /// - Throws: `DatasetError`, `AugmentationError`, `MemoryError`, or `ArchitectureError` for an input that the network cannot
    ///   have.
    public init(
        _ recipe: FaceRecipe, _ dataset: ImageDataset, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws {
        try self.init(recipe, decoded: Self.decoded(recipe, dataset, progress: progress))
    }

    /// Decodes the images for the input of the network of `recipe`.
    ///
    /// - Parameters:
    ///   - recipe: its input and its alignment count.
    ///   - dataset: of `ImageDataset.faces`.
    ///   - alignment: what aligns the faces, to be asked afterwards where it found none; nil for one that nobody asks.
    ///   - progress: called on any thread, one call at a time, with the number of images decoded and of all.
    /// - Returns: the images that decode.
    /// - Throws: `DatasetError` if no image of a person decodes; what `FaceAligner` throws.
    public static func decoded(
        _ recipe: FaceRecipe, _ dataset: ImageDataset, alignment: FaceAlignment? = nil,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> DecodedImages {
        let alignment = try alignment ?? recipe.alignment.map { FaceAlignment(try FaceAligner($0)) }
        precondition(alignment?.aligner.template == recipe.alignment, "another alignment than the recipe's")
        return try dataset.aligned(by: alignment).decoded(
            for: Preprocessing(
                width: recipe.input.width, height: recipe.input.height, resize: .stretch,
                channels: recipe.input.channels == 1 ? .gray : .rgb), progress: progress)
    }

    /// Makes the network for images that are decoded.
    ///
    /// - Parameters:
    ///   - recipe: all settings.
    ///   - images: as `decoded` returns them.
    /// - Throws: as the other initializer.
    public init(_ recipe: FaceRecipe, decoded images: DecodedImages) throws {
        (self.recipe, self.images) = (recipe, images)
        augmentation = try recipe.augmentationPipeline()
        split =
            try recipe.validationPeople.map { names throws(DatasetError) in
                try DatasetSplit(people: images, holdingOut: names)
            } ?? DatasetSplit(people: images, holdout: recipe.holdout, seed: recipe.splitSeed ?? recipe.seed)
        preprocessing = try images.normalization(over: split.train)
        let spec = try ModelRegistry.spec(named: recipe.model, task: .embed)
        try spec.check(recipe.input)
        try spec.checkTrainingMemory(classes: 1, input: recipe.input, batch: recipe.batchSize)
        let people = Set(split.train.compactMap { images.items[$0].label }).sorted()
        trainedPeople = Dictionary(uniqueKeysWithValues: people.enumerated().map { ($1, $0) })
        (learner, parameters) = ParameterSet.initialize(seed: recipe.seed) {
            FaceLearner(recipe, people: people.count, input: recipe.input, $0)
        }
        network = learner.network
    }

    /// The parameters of the network alone: what its weights are.
    public var networkParameters: ParameterSet { parameters.omitting(scope: FaceLearner.scope) }

    /// The number of steps in an epoch.
    public var stepsPerEpoch: Int { trainingLoader.steps }

    /// The people to train on of whom there is one image alone: nothing can be learned of them.
    public var peopleWithOneImage: Int {
        Dictionary(grouping: split.train, by: { images.items[$0].label }).values.count { $0.count == 1 }
    }

    /// The number of people in a part.
    ///
    /// - Parameter items: indices of `images.items`.
    /// - Returns: how many people they show.
    public func peopleCount(_ items: [Int]) -> Int { Set(items.compactMap { images.items[$0].label }).count }

    /// A trainer of the network with its present weights.
    ///
    /// - Parameter files: what the trainer writes.
    /// - Returns: a trainer that keeps the weights of the last epoch; with a patience, of the epoch with the highest decidability on
    ///   the people held out.
    public func trainer(files: TrainingFiles = .none) -> Trainer<ImageBatch> {
        var files = files
        files.lossScope = FaceLearner.scope
        return Trainer(
            parameters, optimizer: recipe.optimizer(of: parameters), configuration: configuration, files: files,
            batches: { [trainingLoader] epoch, step in
                let stream = trainingLoader.batches(epoch: epoch, startingAt: step)
                return { try stream.next() }
            },
            loss: { [learner, trainedPeople] batch, tape in
                // Drawn from the images, so that a step has the same triplets however it was arrived at.
                var random = SplitMix64(seed: tape.seed)
                return learner.loss(
                    tape.watch(batch.images), batch.labels.map { trainedPeople[$0] ?? 0 }, using: &random)
            },
            evaluate: { [self] in
                guard !split.validation.isEmpty else { return [:] }
                let metrics = try evaluate(split.validation)
                let equal = metrics.roc.equalError
                return [
                    "AUC": metrics.roc.area, "EER": equal.rate, "decidability": metrics.decidability,
                    "threshold": equal.threshold,
                ]
            })
    }

    private var trainingLoader: BatchLoader<ImageCollation> {
        BatchLoader(
            images, items: split.train, classesPerBatch: recipe.peoplePerBatch,
            imagesPerClass: recipe.imagesPerPerson, collation: ImageCollation(preprocessing),
            augmentation: augmentation, seed: recipe.seed)
    }

    private var configuration: TrainingConfiguration {
        recipe.configuration(
            stepsPerEpoch: stepsPerEpoch,
            selection: selection,
            dataset: images.dataset.fingerprint(), images: images.items.count)
    }

    /// A few people say too little to choose an epoch by: the last is better for others. To end early, one must be chosen all the
    /// same, by the decidability: the AUC of a few people is soon 1, and would select one of the first epochs.
    private var selection: MetricSelection {
        if split.validation.isEmpty { return .last("loss") }
        return recipe.patience == nil ? .last("decidability") : .highest("decidability")
    }

    /// Compares all pairs of images with the present weights.
    ///
    /// - Parameter items: indices of `images.items`, of two people or more.
    /// - Returns: the metrics of verification.
    /// - Throws: `NonFiniteOutput`; `FileError` or `ImageError` for a file that has changed since it was decoded.
    public func evaluate(_ items: [Int]) throws -> VerificationMetrics {
        let embedder = ImageEmbedder(network, name: recipe.model, preprocessing: preprocessing)
        return try embedder.evaluate(images, items: items)
    }

    /// The metadata of a weight file. It does not name the people.
    public var metadata: [String: String] {
        var texts = WeightsMetadata(model: recipe.model, task: "embed", preprocessing: preprocessing).dictionary
        texts["recipe"] = recipe.json.text
        texts["alignment"] = recipe.alignment?.name
        if recipe.loss.comparison == .distance { texts["metric"] = "euclidean" }
        return texts
    }
}

extension ImageDataset {
    /// The same images of faces, aligned when they are read.
    ///
    /// - Parameter alignment: nil for the images as they are.
    /// - Returns: the set.
    public func aligned(by alignment: FaceAlignment?) -> ImageDataset {
        guard let alignment else { return self }
        return preparing { try alignment($0, named: $1.name) }
    }
}
