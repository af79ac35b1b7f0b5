import CVCore
import CVDetection
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// The training of a detector: data, network, optimizer and schedule put together as a recipe says.
///
/// ```swift
/// let dataset = try DetectionDataset(contentsOf: "cells")
/// let recipe = DetectionRecipe(try ModelRegistry.spec(named: "yolox-nano", task: .detect))
/// let training = try DetectionTraining(recipe, DetectionTraining.decoded(recipe, dataset.images))
/// let trainer = training.trainer(files: TrainingFiles(best: "best.safetensors"))
/// try trainer.run { event in print(event) }
/// print(try training.evaluate(training.split.validation).summary.averagePrecision)
/// ```
public struct DetectionTraining {
    /// All settings.
    public let recipe: DetectionRecipe
    /// The whole data set.
    public let images: DecodedImages
    /// The images to train on, and those held out.
    public let split: DatasetSplit
    /// How the network takes its images.
    public let preprocessing: Preprocessing
    /// The network that is trained.
    public let network: ModelNetwork
    /// The network's parameters.
    public let parameters: ParameterSet
    /// The names of the parameters that the pretrained weights do not give, since their classes are others; empty without any, and for
    /// weights of a classifier, which give the encoder alone.
    public let remade: [String]
    /// The anchors, and how well they stand for the boxes to train on; nil for a network without anchors.
    public let anchors: BoxShapes.Fit?
    /// What was found in images of validation, after the last evaluation.
    public let findings = DetectionFindings()
    private let objective: DetectionObjective
    /// Of epochs with strong augmentation, and of those without.
    private let loaders: (strong: BatchLoader<DetectionCollation>, plain: BatchLoader<DetectionCollation>)
    /// Batches are large, and a step takes longer than making one.
    private static let batchesAhead = 3

    /// Makes the network, with random weights or those that the recipe is initialized from.
    ///
    /// - Parameters:
    ///   - recipe: all settings.
    ///   - images: decoded by `DetectionTraining.decoded`, with the names of their classes.
    ///   - pretrained: the weights that the recipe names.
    /// - Throws: `DatasetError`, `AugmentationError`, `DetectionTrainingError`, `ArchitectureError` for a network that is not known or
    ///   cannot have this input, `MemoryError`, `ModelFileError` for pretrained weights that are not of this network, or
    ///   `DarknetError` for anchors in them that are no sizes.
    public init(
        _ recipe: DetectionRecipe, _ images: DecodedImages, pretrained: PretrainedDetector? = nil
    ) throws {
        precondition(
            recipe.pretrained?.name == pretrained?.name,
            "a recipe initialized from \(recipe.pretrained?.name ?? "nothing") and weights \(pretrained?.name ?? "none")"
        )
        (self.recipe, self.images, objective) = (recipe, images, try DetectionObjective(recipe))
        let spec = try ModelRegistry.spec(named: recipe.model, task: .detect)
        try spec.check(classes: images.classes.count, input: recipe.input)
        let split = try images.split(holdout: recipe.holdout, seed: recipe.splitSeed ?? recipe.seed)
        guard split.train.contains(where: { !images.items[$0].objects.labeledBoxes.isEmpty }) else {
            throw DetectionTrainingError.noObjects(images.dataset.path)
        }
        let batchSize = min(recipe.batchSize, split.train.count)
        try spec.checkTrainingMemory(classes: images.classes.count, input: recipe.input, batch: batchSize)
        let preprocessing = Self.preprocessing(recipe, spec, pretrained)
        let partners = PartnerImages(images, items: split.train)
        let search = recipe.ratesObjects ? nil : SelectiveSearch.regions
        func loader(isPlain: Bool) throws -> BatchLoader<DetectionCollation> {
            let collation = DetectionCollation(
                preprocessing, multiScale: isPlain ? 0 : recipe.multiScale, isPlain: isPlain, partners: partners,
                search: search)
            return BatchLoader(
                images, items: split.train, batchSize: batchSize, collation: collation,
                augmentation: try Self.pipeline(recipe.augmentation(isPlain: isPlain), partners), seed: recipe.seed,
                shuffles: true, ahead: Self.batchesAhead, workers: 1)
        }
        loaders = (try loader(isPlain: false), try loader(isPlain: true))
        (self.split, self.preprocessing) = (split, preprocessing)
        (network, parameters) = ParameterSet.initialize(seed: recipe.seed) {
            spec.make(classes: images.classes.count, input: recipe.input, $0)
        }
        remade = try pretrained?.load(into: parameters, classes: images.classes) ?? []
        if case .detector(let yolo) = network {
            anchors = (yolo as? YOLOv3Tiny)?.setAnchors(
                recipe, BoxShapes(images.dataset, items: split.train, input: recipe.input))
            try yolo.checkInput(width: recipe.input.width, height: recipe.input.height)
        } else {
            anchors = nil
        }
    }

    /// Decodes all images, in parallel, and shrinks them to the size of the network's input.
    ///
    /// - Parameters:
    ///   - recipe: with the size of the input.
    ///   - dataset: images with objects.
    ///   - memoryLimit: bytes of images that may be kept; beyond it each is decoded whenever it is asked for.
    ///   - progress: called on any thread, one call at a time, with the number of images done and of all.
    /// - Returns: the images that decode.
    /// - Throws: `DatasetError` if none does.
    public static func decoded(
        _ recipe: DetectionRecipe, _ dataset: ImageDataset, memoryLimit: Int = 1 << 30,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(DatasetError) -> DecodedImages {
        // At the upper left: so it is known where each image ends, and augmentation does without the frame.
        let frame = Preprocessing(
            width: recipe.input.width, height: recipe.input.height, resize: .letterbox, alignment: .topLeft)
        return try dataset.decoded(for: frame, memoryLimit: memoryLimit, progress: progress)
    }

    private static func preprocessing(
        _ recipe: DetectionRecipe, _ spec: ModelSpec, _ pretrained: PretrainedDetector?
    ) -> Preprocessing {
        var result = pretrained?.preprocessing ?? spec.preprocessing(for: recipe.input)
        (result.width, result.height) = (recipe.input.width, recipe.input.height)
        // Smoother than what YOLOX itself is trained on; its weights keep what they know.
        if pretrained == nil { result.filter = .bilinear }
        return result
    }

    private static func pipeline(_ text: String, _ partners: PartnerImages) throws -> Augment.Pipeline? {
        guard !text.isEmpty else { return nil }
        let context = AugmentationContext(
            border: .fill(.letterbox), partner: { partners.partner(of: $0, using: &$1) })
        return try AugmentationRecipe(text, context: context).pipeline
    }

    /// The number of steps in an epoch: whole batches.
    public var stepsPerEpoch: Int { loaders.strong.steps }

    /// The batches of an epoch from a step on, as the trainer has them.
    ///
    /// - Parameters:
    ///   - epoch: counted from 0.
    ///   - step: the first one, counted from 0.
    /// - Returns: a stream that makes batches in the background.
    public func batches(epoch: Int, startingAt step: Int = 0) -> BatchStream<DetectionBatch> {
        (recipe.isPlain(epoch) ? loaders.plain : loaders.strong).batches(epoch: epoch, startingAt: step)
    }

    // MARK: Training

    /// A trainer of the network with its present weights.
    ///
    /// - Parameter files: what the trainer writes.
    /// - Returns: a trainer that selects the best epoch by the average precision on validation, if there is any.
    public func trainer(files: TrainingFiles = .none) -> Trainer<DetectionBatch> {
        Trainer(
            parameters,
            optimizer: recipe.optimizer(of: parameters), configuration: configuration, files: files,
            batches: { [self] epoch, step in
                let stream = batches(epoch: epoch, startingAt: step)
                return { try stream.next() }
            },
            loss: { [network, objective] batch, tape in objective(network, batch, tape) },
            evaluate: { [self] in
                guard isEvaluated else { return [:] }
                let summary = try evaluate(split.validation).summary
                return [
                    "ap": summary.averagePrecision ?? 0, "ap50": summary.averagePrecision50 ?? 0,
                    "ar100": summary.averageRecall100 ?? 0,
                ]
            })
    }

    /// Whether there are images with objects for validation.
    public var isEvaluated: Bool { split.validation.contains { !images.items[$0].objects.isEmpty } }

    private var configuration: TrainingConfiguration {
        recipe.configuration(
            stepsPerEpoch: stepsPerEpoch, selection: isEvaluated ? .highest("ap") : .lowest("loss"),
            dataset: images.dataset.fingerprint(), images: images.items.count,
            // Which batches are plain depends on the number of epochs: a longer run would have had others.
            details: recipe.plainEpochs > 0
                ? ["epochs before the last without strong augmentation": "\(recipe.epochs - recipe.plainEpochs)"] : [:])
    }

    // MARK: Results

    /// Evaluates the network with its present weights on images, each in its own size.
    ///
    /// - Parameter items: indices of `images.items`.
    /// - Returns: COCO's numbers, and those of each class.
    /// - Throws: `FileError` or `ImageError` for a file that has changed since it was decoded; `NonFiniteOutput`.
    public func evaluate(_ items: [Int]) throws -> DetectionEvaluation {
        findings.removeAll()
        return try detector.evaluate(images, items: items) { item, found in findings.add(item, found) }
    }

    /// A detector with the present weights.
    public var detector: Detector {
        Detector(network, name: recipe.model, labels: images.classes, preprocessing: preprocessing)
    }

    /// The metadata of a weight file.
    public var metadata: [String: String] {
        var texts = WeightsMetadata(
            model: recipe.model, task: "detect", preprocessing: preprocessing, labels: images.classes
        ).dictionary
        texts["recipe"] = recipe.json.text
        return texts
    }
}

/// Settings of a training of a detector that do not go together.
public enum DetectionTrainingError: ToolkitError, Equatable {
    /// No image to train on shows an object.
    case noObjects(String)
    /// A loss that the network cannot have.
    case loss(String, model: String, known: [String])
    /// A loss of objectness for a network that has none.
    case objectness(model: String)

    public var description: String {
        switch self {
        case .loss(let loss, let model, let known):
            "\(model) is not trained by the loss \(loss), but by \(known.joined(separator: ", "))"
        case .objectness(let model):
            "\(model) has the ground among its classes, and no objectness whose loss could be focal"
        case .noObjects(let path): "\(path.escapedForDisplay): no image to train on shows an object"
        }
    }

    public var category: ErrorCategory { .invalid }
}
