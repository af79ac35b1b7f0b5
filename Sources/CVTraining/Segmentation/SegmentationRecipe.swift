import CVCore
import CVImage
import CVModels
import CVNN

/// All that the result of training a segmentation depends on, beside the images and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights.
public struct SegmentationRecipe: TrainingRecipe {
    /// In pixels.
    public struct Size: Sendable, Equatable, CustomStringConvertible {
        /// In pixels.
        public var width, height: Int

        /// - Parameters:
        ///   - width: in pixels.
        ///   - height: in pixels.
        public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

        /// `480x360`.
        public var description: String { "\(width)x\(height)" }
    }

    /// A name of `ModelRegistry`, for the task `.segment`.
    public var model: String
    /// The size that images are resized to; nil for that of the first, at most 512 on its longer side.
    public var size: Size?
    /// The crop of each image that a step trains on; nil for a crop of the size of the image.
    public var crop: Size?
    /// The range that the scale of an image is drawn from before the crop.
    public var scale = 0.75...2.0
    /// The augmentation comes before the crop.
    public var settings: TrainingSettings
    /// The loss.
    public var loss = SegmentationLoss(.crossEntropy)
    /// The weights of the classes in the loss.
    public var classWeights = ClassWeighting.medianFrequency

    /// Whether 255 in the files of masks is class 1; else it does not count. Of the data set, not chosen.
    public internal(set) var whiteIsClassOne = false

    /// Of `whiteIsClassOne`: the class of 255, where it has one.
    static let whiteKey = "class_of_255"

    /// The recipe that suits a network and the weights that it is initialized from.
    ///
    /// - Parameters:
    ///   - spec: the network.
    ///   - pretrained: the weights; nil for random ones.
    public init(_ spec: ModelSpec, pretrained: PretrainedEncoder? = nil) {
        model = spec.name
        settings = TrainingSettings(
            epochs: 60, batchSize: 4, optimizer: .adamw, learningRate: 1e-3, weightDecay: 1e-2)
        settings.augmentation = "mirror@0.5,hsv@0.5"
        settings.pretrained = pretrained.map { .init(name: $0.name, checksum: $0.checksum) }
    }

    /// All settings, keys and values in a fixed order.
    public var json: JSONValue {
        let images = JSONValue.members([
            "task": "segment", "model": .string(model), "size": size.map { .string($0.description) },
            "crop": crop.map { .string($0.description) },
            "scale": .array([.number(scale.lowerBound), .number(scale.upperBound)]),
            Self.whiteKey: whiteIsClassOne ? 1 : nil,
        ])
        let losses = [
            JSONMember("loss", .string(loss.description)), JSONMember("class_weights", .string(classWeights.rawValue)),
        ]
        return .object((images.object ?? []) + settings.optimization + losses + settings.regularization)
    }
}
