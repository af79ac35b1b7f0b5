import CVCore
import CVImage
import CVModels
import CVNN
import CVStyle
import CVTensor
import CVWeights

/// The training of a feed-forward style network (Johnson et al. 2016, arXiv:1603.08155): images, network, losses and schedule
/// put together as a recipe says.
///
/// ```swift
/// let recipe = StyleRecipe(style: "starry night")
/// let images = try StyleTraining.decoded(recipe, .unlabeled(paths, of: "photos"))
/// let training = try StyleTraining(recipe, try Image(contentsOf: "painting.jpg"), images, StyleTransfer())
/// let trainer = training.trainer(files: TrainingFiles(best: "best.safetensors"))
/// try trainer.run { event in print(event) }
/// ```
/// The losses are those of `StyleTransfer`: there they are minimized for one image, here, a batch in each step, for all.
public struct StyleTraining {
    /// All settings.
    public let recipe: StyleRecipe
    /// The whole data set.
    public let images: DecodedImages
    /// Indices of `images.items`: those to train on, and those held out to choose the best weights by.
    public let train, validation: [Int]
    /// The network that is trained.
    public let network: ImageTransformNet
    /// The network's parameters.
    public let parameters: ParameterSet
    /// SHA-256 of the style's pixels.
    private let checksum: String
    private let objective: StyleObjective
    /// The recipe's, or all images if they are fewer.
    private let batchSize: Int

    /// The number of images held out, and at most a tenth of all.
    private static let mostHeldOut = 8

    /// Makes the network, with random weights.
    ///
    /// - Parameters:
    ///   - recipe: all settings.
    ///   - style: the style image.
    ///   - images: as `decoded` returns them.
    ///   - transfer: whose network computes the losses.
    /// - Throws: `StyleError` for layers that are not known and for a style that is too small or of one color;
    ///   `MemoryError`.
    public init(_ recipe: StyleRecipe, _ style: Image, _ images: DecodedImages, _ transfer: StyleTransfer) throws {
        precondition(recipe.size % 4 == 0, "squares of \(recipe.size) pixels: a multiple of 4 is expected")
        let side = images.preprocessing.width
        precondition(side == recipe.size, "images of \(side) pixels for squares of \(recipe.size)")
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
        var random = SplitMix64(seed: recipe.seed)
        let shuffled = random.permutation(of: Array(images.items.indices))
        let held = min(Self.mostHeldOut, shuffled.count / 10)
        (validation, train) = (shuffled.prefix(held).sorted(), shuffled.dropFirst(held).sorted())
        batchSize = min(recipe.batchSize, train.count)
        try Self.checkMemory(recipe, features, batch: batchSize)
        let frame = StyleFrame(
            style: opaque, longerSide: options.styleSide(recipe.size), minimum: minimum)
        let seen = opaque.resized(width: frame.width, height: frame.height, filter: .bicubic)
        objective = StyleObjective(
            features, styles: [StyleSource(seen.blurred(sigma: options.styleBlur))], options)
        (network, parameters) = ParameterSet.initialize(seed: recipe.seed) { ImageTransformNet(recipe.form, $0) }
    }

    /// The results of both networks are kept for the backward pass.
    private static func checkMemory(
        _ recipe: StyleRecipe, _ features: StyleNetwork, batch: Int
    ) throws(MemoryError) {
        let network = ParameterSet.shapeOnly { ImageTransformNet(recipe.form, $0) }.network
        let layers = Set((recipe.styleLayers + recipe.contentLayers).map(\.name))
        let estimate = MemoryEstimate(input: [batch, 3, recipe.size, recipe.size]) {
            _ = features(network($0), at: layers)
        }
        let images = "\(pluralized(batch, "image")) of \(recipe.size)×\(recipe.size)"
        try requireMemory(estimate.total, for: "training \(recipe.form.name) with \(images) at a time")
    }

    /// The images to train on, cropped to squares; those that do not decode are left out.
    ///
    /// - Parameters:
    ///   - recipe: its size counts.
    ///   - dataset: of any images, such as `ImageDataset.unlabeled`.
    ///   - progress: called on any thread, one call at a time, with the number of images decoded and of all.
    /// - Returns: the images that decode.
    /// - Throws: `DatasetError` if there are none.
    public static func decoded(
        _ recipe: StyleRecipe, _ dataset: ImageDataset,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> DecodedImages {
        try dataset.decoded(for: preprocessing(recipe.size), progress: progress)
    }

    /// The network's input: colors from 0 to 1.
    private static func preprocessing(_ size: Int) -> Preprocessing {
        Preprocessing(width: size, height: size, resize: .crop, filter: .bicubic)
    }

    private var preprocessing: Preprocessing { Self.preprocessing(recipe.size) }

    /// A trainer of the network with its present weights.
    ///
    /// - Parameter files: what the trainer writes.
    /// - Returns: a trainer that selects the best epoch by the loss on what is held out, if anything is.
    public func trainer(files: TrainingFiles = .none) -> Trainer<ImageBatch> {
        let loader = BatchLoader(
            images, items: train, batchSize: batchSize, preprocessing: preprocessing, seed: recipe.seed,
            shuffles: true)
        return Trainer(
            parameters,
            optimizer: recipe.optimizer(of: parameters), configuration: configuration, files: files,
            batches: { [recipe] epoch, step in
                // An epoch has a fixed number of steps, however many images there are.
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
        recipe.configuration(
            stepsPerEpoch: recipe.stepsPerEpoch, selection: .lowest("loss"), dataset: images.dataset.fingerprint(),
            images: images.items.count,
            details: ["style_sha256": checksum])
    }

    /// The loss of stylized images.
    ///
    /// - Parameter x: [N, 3, H, W], the images.
    /// - Returns: the weighted sum, one element, and its parts.
    package func cost(_ x: Tensor) -> (total: Tensor, losses: StyleLosses) {
        objective.looking(at: x)(network(x))
    }

    /// The mean of the weighted losses of the images that were held out.
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

    /// One of the images that were held out, or of the others if none was.
    ///
    /// - Returns: the image in its own size.
    /// - Throws: `FileError` or `ImageError` for a file that has changed since it was decoded.
    public func sample() throws -> Image { try images.dataset.image(of: images.items[validation.first ?? train[0]]) }

    /// A stylizer with the present weights.
    public var stylizer: FeedForwardStylizer { FeedForwardStylizer(network, preprocessing) }

    /// The metadata of a weight file.
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
