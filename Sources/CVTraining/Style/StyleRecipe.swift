import CVCore
import CVImage
import CVModels
import CVStyle

/// All that the result of a training depends on, beside the pictures and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights.
public struct StyleRecipe: Sendable, Equatable {
    /// What the style is called.
    public var style: String
    /// Channels of the first layer of the network, a `ImageTransformNet.Variant`.
    public var width = 32
    /// Sides of the squares that pictures are cut to; a multiple of 4.
    public var size = 256
    public var batchSize = 4
    /// In all; rounded up to whole epochs.
    public var steps = 10_000
    /// After so many steps there are a line of the log, a checkpoint and an evaluation.
    public var stepsPerEpoch = 100
    public var learningRate = 1e-3
    public var schedule = ScheduleKind.cosine
    public var contentWeight: Float
    public var styleWeight: Float
    public var variationWeight: Float
    /// As `StyleLayer.list` reads them.
    public var styleLayers: [StyleLayer]
    public var contentLayers: [StyleLayer]
    /// Longer side of the style picture, measured by `size`; it is never enlarged.
    public var styleScale = 2.0
    /// The longest gradient; nil for any.
    public var clipNorm: Double?
    /// Of the average of the weights; nil for none.
    public var averageDecay: Double?
    public var seed: UInt64 = 1

    public init(style: String) {
        self.style = style
        let usual = StyleOptions()
        (contentWeight, styleWeight, variationWeight) = (
            usual.contentWeight, usual.styleWeight, usual.variationWeight
        )
        (styleLayers, contentLayers) = (usual.styleLayers, usual.contentLayers)
    }

    public var form: ImageTransformNet.Variant { ImageTransformNet.Variant(width: width) }
    public var epochs: Int { (steps + stepsPerEpoch - 1) / stepsPerEpoch }

    /// The costs, as `StyleObjective` takes them.
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
    /// Keys and values in a fixed order.
    public var json: JSONValue {
        func text(_ layers: [StyleLayer]) -> JSONValue {
            .string(layers.map(\.description).joined(separator: ","))
        }
        return .members([
            "task": "style", "model": .string(form.name), "style": .string(style), "size": .integer(size),
            "batch_size": .integer(batchSize), "epochs": .integer(epochs), "steps_per_epoch": .integer(stepsPerEpoch),
            "learning_rate": .number(learningRate), "schedule": .string(schedule.rawValue),
            "content_weight": .number(Double(contentWeight)), "style_weight": .number(Double(styleWeight)),
            "tv_weight": .number(Double(variationWeight)), "style_layers": text(styleLayers),
            "content_layers": text(contentLayers), "style_scale": .number(styleScale),
            "clip_norm": clipNorm.map { .number($0) }, "average": averageDecay.map { .number($0) },
            "seed": .string("\(seed)"),
        ])
    }

    /// One `key: value` for each setting that the losses depend on: a run that is resumed must have the same.
    var details: [String: String] {
        // The trainer compares these itself, or lets them change.
        let others: Set = ["task", "epochs", "steps_per_epoch", "seed", "average", "clip_norm"]
        let members = (json.object ?? []).filter { !others.contains($0.key) }
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.string ?? $0.value.text) })
    }
}
