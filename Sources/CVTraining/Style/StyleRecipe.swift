import CVCore
import CVImage
import CVModels
import CVStyle

/// All that the result of training a feed-forward style network depends on, beside the images and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights. Of the settings, the epochs follow from `steps` and
/// `stepsPerEpoch`; images are neither augmented nor held out by a fraction of choice.
public struct StyleRecipe: TrainingRecipe {
    /// The name of the style.
    public var style: String
    /// The number of channels of the first layer of the network, a `ImageTransformNet.Variant`.
    public var width = 32
    /// The side of the squares that images are cropped to; a multiple of 4.
    public var size = 256
    /// The settings that all tasks share.
    public var settings: TrainingSettings
    /// The number of steps in all, rounded up to whole epochs.
    public var steps = 10_000 { didSet { settings.epochs = wholeEpochs } }
    /// The number of steps after which there are a line of the log, a checkpoint and an evaluation.
    public var stepsPerEpoch = 100 { didSet { settings.epochs = wholeEpochs } }
    /// The weight of the content loss.
    public var contentWeight: Float
    /// The weight of the style loss.
    public var styleWeight: Float
    /// The weight of the total variation loss.
    public var variationWeight: Float
    /// As `StyleLayer.list` reads them.
    public var styleLayers: [StyleLayer]
    /// The layers of the content loss.
    public var contentLayers: [StyleLayer]
    /// The longer side of the style image as a multiple of `size`; it is never upsampled.
    public var styleScale = 2.0

    /// The usual recipe: Adam without weight decay.
    ///
    /// - Parameter style: the name of the style.
    public init(style: String) {
        self.style = style
        settings = TrainingSettings(epochs: 100, batchSize: 4, optimizer: .adam, learningRate: 1e-3, weightDecay: 0)
        settings.warmup = 0
        let usual = StyleOptions()
        (contentWeight, styleWeight, variationWeight) = (
            usual.contentWeight, usual.styleWeight, usual.variationWeight
        )
        (styleLayers, contentLayers) = (usual.styleLayers, usual.contentLayers)
    }

    /// The network of `width` channels.
    public var form: ImageTransformNet.Variant { ImageTransformNet.Variant(width: width) }
    private var wholeEpochs: Int { (steps + stepsPerEpoch - 1) / stepsPerEpoch }

    /// The losses, as `StyleObjective` takes them.
    var options: StyleOptions {
        var options = StyleOptions()
        options.size = size
        options.styleScale = styleScale
        (options.contentWeight, options.styleWeight) = (contentWeight, styleWeight)
        options.variationWeight = variationWeight
        (options.styleLayers, options.contentLayers) = (styleLayers, contentLayers)
        return options
    }
}

extension StyleRecipe {
    /// All settings, keys and values in a fixed order.
    public var json: JSONValue {
        func text(_ layers: [StyleLayer]) -> JSONValue {
            .string(layers.map(\.description).joined(separator: ","))
        }
        return .members([
            "task": "style", "model": .string(form.name), "style": .string(style), "size": .integer(size),
            "batch_size": .integer(settings.batchSize), "epochs": .integer(settings.epochs),
            "steps_per_epoch": .integer(stepsPerEpoch),
            "learning_rate": .number(settings.learningRate), "schedule": .string(settings.schedule.rawValue),
            "content_weight": .number(Double(contentWeight)), "style_weight": .number(Double(styleWeight)),
            "tv_weight": .number(Double(variationWeight)), "style_layers": text(styleLayers),
            "content_layers": text(contentLayers), "style_scale": .number(styleScale),
            "clip_norm": settings.clipNorm.map { .number($0) }, "average": settings.averageDecay.map { .number($0) },
            "seed": .string("\(settings.seed)"),
        ])
    }

    /// One `key: value` for each setting that the losses depend on: a run that is resumed must have the same.
    var details: [String: String] {
        // The trainer compares these itself, or lets them change.
        let others: Set = ["task", "epochs", "steps_per_epoch", "seed", "average", "clip_norm"]
        let members = (json.object ?? []).filter { !others.contains($0.key) }
        var details = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.string ?? $0.value.text) })
        // Under the name of old, so that checkpoints of earlier versions go on.
        details["model"] = form.formerName
        return details
    }
}
