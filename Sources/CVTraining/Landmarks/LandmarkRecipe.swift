import CVCore
import CVImage
import CVModels
import CVNN

/// All that the result of a training of landmarks depends on, beside the images and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights.
public struct LandmarkRecipe: TrainingRecipe {
    /// A name of `ModelRegistry`, for the task `.landmarks`.
    public var model: String
    /// The side of the network's square input, in pixels.
    public var side: Int
    /// The fraction of the input that the longer side of the object's box takes, in training: from a wide frame to a tight one.
    public var fill = 0.4...0.9
    /// How far the object's center may be from that of the input, in sides of the input, in each direction.
    public var shift = 0.12
    /// By how many degrees the object may be turned either way.
    public var degrees = 30.0
    /// The augmentation comes after the crop that these three describe.
    public var settings: TrainingSettings
    /// The loss.
    public var loss: LandmarkLoss

    /// The networks that can be trained: those for any number of points. The first is for direct regression.
    public static let networks = ModelRegistry.specs(for: .landmarks).filter(\.hasClasses)

    /// The recipe that suits a network and the weights that it is initialized from.
    ///
    /// - Parameters:
    ///   - spec: the network.
    ///   - pretrained: the weights; nil for random ones.
    public init(_ spec: ModelSpec, pretrained: PretrainedEncoder? = nil) {
        model = spec.name
        side = spec.defaultInput.width
        loss = LandmarkRecipe.head(of: spec) == .regression ? LandmarkLoss(.wing) : LandmarkLoss(.heatmap)
        settings = TrainingSettings(
            epochs: 30, batchSize: 16, optimizer: .adamw, learningRate: 1e-3, weightDecay: 1e-2)
        settings.augmentation = "mirror@0.5,hsv@0.5,gamma@0.3,blur=0.3:1.5@0.2,cutout=0.2:0.4@0.2"
        settings.pretrained = pretrained.map { .init(name: $0.name, checksum: $0.checksum) }
    }

    /// The same augmentation without mirroring, for data sets that do not say which points swap.
    public mutating func leaveOutMirroring() {
        let steps = settings.augmentation.split(separator: ",").filter { !$0.hasPrefix("mirror") }
        settings.augmentation = steps.joined(separator: ",")
    }

    /// What the output of a network means.
    ///
    /// - Parameter spec: a network for the task `.landmarks`.
    /// - Returns: its head.
    public static func head(of spec: ModelSpec) -> LandmarkHead {
        var head = LandmarkHead.regression
        _ = ParameterSet.shapes { head = spec.makeLandmarkNetwork(points: 1, $0).head }
        return head
    }

    /// All settings, keys and values in a fixed order.
    public var json: JSONValue {
        let crop: [JSONMember] = [
            JSONMember("task", "landmarks"), JSONMember("model", .string(model)), JSONMember("side", .integer(side)),
            JSONMember("fill", .array([.number(fill.lowerBound), .number(fill.upperBound)])),
            JSONMember("shift", .number(shift)), JSONMember("degrees", .number(degrees)),
        ]
        return .object(
            crop + settings.optimization + [JSONMember("loss", .string(loss.description))] + settings.regularization)
    }
}
