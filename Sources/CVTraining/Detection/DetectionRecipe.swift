import CVCore
import CVImage
import CVModels
import CVNN

/// All that the result of training a detector depends on, beside the images and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights.
public struct DetectionRecipe: TrainingRecipe {
    /// A name of `ModelRegistry`, for the task `.detect`.
    public var model: String
    /// The size of the network's input, in which images are letterboxed.
    public var input: ModelSpec.Input
    /// How far the size of a step's input may be from that, as a fraction: with 0.25, from three quarters of it to five.
    public var multiScale = 0.0
    /// The number of epochs at the end without strong augmentation: what joins images, moves or deforms them is left out.
    public var plainEpochs = 10
    /// What all tasks have.
    public var settings: TrainingSettings
    /// How predicted and true boxes are compared.
    public var boxLoss = BoxLoss.squaredIoU
    /// How it is compared whether there is an object.
    public var objectness = ObjectnessLoss.crossEntropy
    /// Which anchors a network with anchors begins with.
    public var anchors: AnchorChoice

    /// The networks that can be trained; the first has the fewest weights.
    public static let networks: [ModelSpec] = {
        let all = ModelRegistry.specs(for: .detect)
        return all.filter { $0.name.hasPrefix("yolox-") }
            + all.filter { $0.name == "yolov3-tiny" || RegionNetwork.Kind(rawValue: $0.name) != nil }
    }()

    /// Whether boxes are relative to anchors.
    package var hasAnchors: Bool { model == "yolov3-tiny" }

    /// Nil for a network that does not look at regions.
    var regionKind: RegionNetwork.Kind? { RegionNetwork.Kind(rawValue: model) }

    /// Whether the network says if there is an object, whatever it is; if not, the ground is one of its classes.
    var ratesObjects: Bool { regionKind == nil || regionKind == .fasterRCNN }

    /// What boxes can be compared by, the usual way first.
    package var losses: [BoxLoss] {
        if regionKind != nil { return [.smooth] }
        return hasAnchors ? [.ciou, .giou, .squaredIoU, .iou, .squared] : [.squaredIoU, .iou, .giou, .ciou]
    }

    /// The recipe that suits a network and the weights that it is initialized from.
    ///
    /// - Parameters:
    ///   - spec: the network.
    ///   - pretrained: the weights; nil for random ones.
    public init(_ spec: ModelSpec, pretrained: PretrainedDetector? = nil) {
        model = spec.name
        input = spec.defaultInput
        anchors = pretrained == nil ? .clusters : .network
        settings = TrainingSettings(
            epochs: 100, batchSize: 4, optimizer: .adamw, learningRate: 2e-3, weightDecay: 0.05)
        settings.averageDecay = 0.995
        settings.augmentation = "mosaic=0.7:1.3@0.4,affine=0.3@0.3,mixup=32@0.05,hsv=8@0.5,mirror@0.5"
        if RegionNetwork.Kind(rawValue: spec.name) != nil {
            (settings.epochs, settings.learningRate) = (30, 5e-4)
        }
        settings.pretrained = pretrained.map { .init(name: $0.name, checksum: $0.checksum) }
        boxLoss = losses[0]
    }

    /// The names of the augmentations that the last epochs are without.
    private static let strong: Set = [
        "mosaic", "mixup", "affine", "rotate", "shear", "elastic", "resized-crop", "crop", "shift", "cutout",
    ]

    /// The augmentation of an epoch.
    ///
    /// - Parameter isPlain: whether it is one of the last.
    /// - Returns: an `AugmentationRecipe`; empty for none.
    func augmentation(isPlain: Bool) -> String {
        guard isPlain else { return settings.augmentation }
        return settings.augmentation.split(separator: ",").filter { step in
            let name = step.prefix { !"=@".contains($0) }.filter { !$0.isWhitespace }.lowercased()
            return !Self.strong.contains(name)
        }.joined(separator: ",")
    }

    /// Whether an epoch is without strong augmentation.
    ///
    /// - Parameter epoch: counted from 0.
    /// - Returns: true for the last ones.
    func isPlain(_ epoch: Int) -> Bool { epoch >= settings.epochs - plainEpochs }

    /// All settings, keys and values in a fixed order.
    public var json: JSONValue {
        let images: [JSONMember] = [
            JSONMember("task", "detect"), JSONMember("model", .string(model)),
            JSONMember("size", .string("\(input.width)x\(input.height)")),
            JSONMember("multi_scale", .number(multiScale)), JSONMember("no_aug_epochs", .integer(plainEpochs)),
        ]
        return .object(
            images + settings.optimization + [
                JSONMember("loss", .string(boxLoss.rawValue))
            ] + (ratesObjects ? [JSONMember("objectness", .string(objectness.rawValue))] : [])
                + (hasAnchors ? [JSONMember("anchors", .string(anchors.rawValue))] : []) + settings.regularization)
    }
}
