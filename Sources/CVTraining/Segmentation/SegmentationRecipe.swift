import CVCore
import CVImage
import CVModels
import CVNN

/// All that the result of a training depends on, beside the pictures and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights.
public struct SegmentationRecipe: Sendable, Equatable {
    public struct Size: Sendable, Equatable, CustomStringConvertible {
        public var width, height: Int

        public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

        public var description: String { "\(width)x\(height)" }
    }

    /// A name of `SegmentationArchitecture`.
    public var model: String
    /// What pictures are brought to; nil for the size of the first, at most 512 on its longer side.
    public var size: Size?
    /// What a step sees of a picture, at a scale out of `scale`; nil for a frame of the picture's size.
    public var crop: Size?
    public var scale = 0.75...2.0
    public var epochs = 60
    public var batchSize = 4
    public var optimizer = OptimizerKind.adamw
    public var learningRate = 1e-3
    /// Of the optimisers `momentum` and `nesterov`.
    public var momentum = 0.9
    public var schedule = ScheduleKind.cosine
    /// Epochs in which the learning rate grows from 0.
    public var warmup = 1.0
    public var weightDecay = 1e-2
    public var loss = SegmentationLoss(.crossEntropy)
    public var classWeights = ClassWeighting.medianFrequency
    /// The longest gradient; nil for any.
    public var clipNorm: Double?
    /// An `AugmentationRecipe`, before the crop; empty for none.
    public var augmentation = "mirror@0.5,hsv@0.5"
    /// The part of the pictures that is held back to choose the best epoch by, where no folder is.
    public var holdout = 0.1
    /// Of the average of the weights; nil for none.
    public var averageDecay: Double?
    /// Epochs without a better one after which training ends; nil for never.
    public var patience: Int?
    public var seed: UInt64 = 1
    /// Of what is held back; nil for `seed`. With one for all, runs of other seeds can be compared.
    public var splitSeed: UInt64?
    /// The weights that it begins from, and their checksum; nil for fresh ones.
    public var pretrained: Pretrained?

    public struct Pretrained: Sendable, Equatable {
        public var name: String
        public var checksum: String?
    }

    /// What suits a network, and the weights that it begins from.
    public init(_ architecture: SegmentationArchitecture, pretrained: PretrainedSegmentation? = nil) {
        model = architecture.name
        self.pretrained = pretrained.map { Pretrained(name: $0.name, checksum: $0.checksum) }
    }
}

extension SegmentationRecipe: TrainingRecipe {
    /// Keys and values in a fixed order.
    public var json: JSONValue {
        .members([
            "task": "segment", "model": .string(model), "size": size.map { .string($0.description) },
            "crop": crop.map { .string($0.description) },
            "scale": .array([.number(scale.lowerBound), .number(scale.upperBound)]),
            "epochs": .integer(epochs), "batch_size": .integer(batchSize),
            "optimizer": .string(optimizer.rawValue), "learning_rate": .number(learningRate),
            "momentum": .number(momentum), "schedule": .string(schedule.rawValue), "warmup": .number(warmup),
            "weight_decay": .number(weightDecay), "loss": .string(loss.description),
            "class_weights": .string(classWeights.rawValue), "clip_norm": clipNorm.map { .number($0) },
            "augment": .string(augmentation), "holdout": .number(holdout),
            "average": averageDecay.map { .number($0) }, "patience": patience.map { .integer($0) },
            "seed": .string("\(seed)"), "split_seed": splitSeed.map { .string("\($0)") },
            "pretrained": pretrained.map { .string($0.name) },
            "pretrained_sha256": pretrained?.checksum.map { .string($0) },
        ])
    }
}
