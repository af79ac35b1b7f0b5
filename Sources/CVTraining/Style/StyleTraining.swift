import CVCore
import CVImage
import CVModels
import CVNN
import CVStyle
import CVTensor
import CVWeights

/// The training of a network that paints in one style (Johnson et al. 2016, arXiv:1603.08155): pictures, network, costs
/// and schedule put together as a recipe says.
///
/// ```swift
/// let recipe = StyleRecipe(style: "starry night")
/// let pictures = try StyleTraining.decoded(recipe, ClassificationDataset(files: paths, of: "photos"))
/// let training = try StyleTraining(recipe, try Image(contentsOf: "painting.jpg"), pictures, StyleTransfer())
/// let trainer = training.trainer(files: TrainingFiles(best: "best.safetensors"))
/// try trainer.run { event in print(event) }
/// ```
/// The costs are those of `StyleTransfer`: there they are brought down for one picture, here, a step a batch, for all.
public struct StyleTraining {
    public let recipe: StyleRecipe
    public let images: DecodedImages
    /// Places in `images.items`: those to learn from, and those held back to choose the best weights by.
    public let train, validation: [Int]
    public let network: ImageTransformNet
    public let parameters: ParameterSet
    /// SHA-256 of the style's pixels.
    private let checksum: String
    private let objective: StyleObjective
    /// The recipe's, or all pictures where they are fewer.
    private let batchSize: Int

    /// Held back at most, and at most a tenth of all.
    private static let mostHeldOut = 8

    /// Makes the network, with fresh weights.
    ///
    /// images: as `decoded` gives them. transfer: whose network looks at the pictures.
    /// - Throws: `StyleError` for layers that are not known and for a style that is too small or of one colour.
    public init(_ recipe: StyleRecipe, _ style: Image, _ images: DecodedImages, _ transfer: StyleTransfer) throws {
        precondition(recipe.size % 4 == 0, "squares of \(recipe.size) pixels: a multiple of 4 is expected")
        let side = images.preprocessing.width
        precondition(side == recipe.size, "pictures of \(side) pixels for squares of \(recipe.size)")
        (self.recipe, self.images) = (recipe, images)
        let options = recipe.options
        try transfer.check(style: style, options)
        let (features, minimum) = try transfer.network(options)
        guard recipe.size >= minimum else {
            throw StyleError.tooNarrow(
                .content, size: recipe.size, width: recipe.size, height: recipe.size, minimum: minimum)
        }
        let opaque = style.withoutAlpha()
        checksum = SHA256.hexDigest(of: opaque.pixels)
        let frame = StyleFrame(
            style: opaque, longerSide: options.styleSide(recipe.size), minimum: minimum)
        var random = SplitMix64(seed: recipe.seed)
        let shuffled = BatchLoader.shuffled(Array(images.items.indices), using: &random)
        let held = min(Self.mostHeldOut, shuffled.count / 10)
        (validation, train) = (shuffled.prefix(held).sorted(), shuffled.dropFirst(held).sorted())
        batchSize = min(recipe.batchSize, train.count)
        let seen = opaque.resized(width: frame.width, height: frame.height, filter: .bicubic)
        objective = StyleObjective(
            features, styles: [StyleSource(seen.blurred(sigma: options.styleBlur))], options)
        (network, parameters) = ParameterSet.initialize(seed: recipe.seed) { ImageTransformNet(recipe.form, $0) }
    }

    /// The pictures to learn from, cut to squares; those that do not decode are left out.
    ///
    /// progress: as of `ClassificationDataset.decoded`.
    /// - Throws: `DatasetError` when there is none.
    public static func decoded(
        _ recipe: StyleRecipe, _ dataset: ClassificationDataset,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> DecodedImages {
        try dataset.decoded(for: preprocessing(recipe.size), progress: progress)
    }

    /// The network's input: colours from 0 to 1.
    private static func preprocessing(_ size: Int) -> Preprocessing {
        Preprocessing(width: size, height: size, resize: .crop, filter: .bicubic)
    }

    private var preprocessing: Preprocessing { Self.preprocessing(recipe.size) }

    /// A trainer of the network, from where it is.
    public func trainer(files: TrainingFiles = .none) -> Trainer<ImageBatch> {
        let loader = BatchLoader(
            images, items: train, batchSize: batchSize, preprocessing: preprocessing, seed: recipe.seed,
            shuffles: true)
        return Trainer(
            parameters,
            optimizer: OptimizerKind.adam.make(
                parameters.trainable, learningRate: recipe.learningRate, momentum: 0, weightDecay: 0),
            configuration: configuration, files: files,
            batches: { [recipe] epoch, step in
                // An epoch is so many steps, however many pictures there are.
                var position = epoch * recipe.stepsPerEpoch + step
                var stream = loader.batches(epoch: position / loader.steps, startingAt: position % loader.steps)
                return {
                    if let batch = try stream.next() {
                        position += 1
                        return batch
                    }
                    stream = loader.batches(epoch: position / loader.steps)
                    position += 1
                    return try stream.next()
                }
            },
            loss: { [self] batch, tape in
                let (total, losses) = cost(tape.watch(batch.images))
                return TrainingLoss(total, metrics: losses.metrics)
            }, evaluate: { [self] in validation.isEmpty ? [:] : try evaluate() })
    }

    private var configuration: TrainingConfiguration {
        var details = recipe.details
        details["style_sha256"] = checksum
        details["pictures"] = "\(images.items.count)"
        return TrainingConfiguration(
            epochs: recipe.epochs, stepsPerEpoch: recipe.stepsPerEpoch,
            schedule: recipe.schedule.make(
                rate: recipe.learningRate, epochs: recipe.epochs, stepsPerEpoch: recipe.stepsPerEpoch),
            seed: recipe.seed, selection: .lowest("loss"), gradientNorm: recipe.clipNorm.map { Float($0) },
            averageDecay: recipe.averageDecay.map { Float($0) }, details: details)
    }

    /// x: [N, 3, H, W], pictures -> what they cost when they are painted.
    package func cost(_ x: Tensor) -> (total: Tensor, losses: StyleLosses) {
        objective.looking(at: x)(network(x))
    }

    /// The mean of the weighed costs of the pictures that were held back.
    private func evaluate() throws -> Metrics {
        let loader = BatchLoader(
            images, items: validation, batchSize: batchSize, preprocessing: preprocessing, seed: recipe.seed,
            shuffles: false)
        let stream = loader.batches()
        var sum = 0.0
        while let batch = try stream.next() {
            sum += Double(cost(batch.images).losses.total) * Double(batch.items.count)
        }
        return ["loss": sum / Double(validation.count)]
    }

    /// One of the pictures that were held back, or of the others if none was.
    public func sample() throws -> Image { try images.dataset.image(of: images.items[validation.first ?? train[0]]) }

    /// What paints by the present weights.
    public var stylizer: FeedForwardStylizer { FeedForwardStylizer(network, preprocessing) }

    /// What the weights say about themselves.
    public var metadata: [String: String] {
        var texts = WeightsMetadata(
            model: recipe.form.name, task: "stylize", preprocessing: preprocessing, labels: [recipe.style]
        ).dictionary
        texts["recipe"] = recipe.json.text
        return texts
    }
}

extension StyleLosses {
    fileprivate var metrics: Metrics {
        ["content": Double(content), "style": Double(style), "variation": Double(variation)]
    }
}
