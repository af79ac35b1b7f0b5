import CVCore
import CVImage
import CVModels
import CVNN

/// All that the result of a training depends on, beside the pictures and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights.
public struct ClassificationRecipe: Sendable, Equatable {
    /// A name of `ClassifierArchitecture`.
    public var model: String
    /// What pictures become: 1 channel is grey, 3 are RGB.
    public var input: ClassifierArchitecture.Input
    public var epochs = 40
    public var batchSize = 128
    public var optimizer: OptimizerKind
    public var learningRate: Double
    /// Of the optimisers `momentum` and `nesterov`.
    public var momentum = 0.9
    public var schedule = ScheduleKind.cosine
    /// Epochs in which the learning rate grows from 0.
    public var warmup = 1.0
    /// l2 of all weights.
    public var weightDecay: Double
    public var l1 = 0.0
    public var labelSmoothing = 0.0
    /// The longest gradient; nil for any.
    public var clipNorm: Double?
    /// An `AugmentationRecipe`; empty for none.
    public var augmentation: String
    /// The part of each class that is held back to choose the best epoch by; 0 to train on everything.
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
    /// What of the pretrained weights is not trained any more; nil for nothing.
    public var frozen: FrozenPart?
    /// How many changed copies of each picture a frozen backbone looks at: epochs take them in turn.
    public var copies = 1

    public struct Pretrained: Sendable, Equatable {
        public var name: String
        public var checksum: String?
    }

    /// What suits a network that begins from nothing, by what it was made for.
    ///
    /// The rates of `optimizer` suit it, too; nil for the optimiser that suits the network.
    public init(_ architecture: ClassifierArchitecture, optimizer chosen: OptimizerKind? = nil) {
        model = architecture.name
        input = architecture.defaultInput
        let subject = Subject(architecture)
        switch subject {
        case .digits:
            (epochs, batchSize, optimizer) = (40, 64, chosen ?? .adamw)
            // No mirror: it makes other digits. Logistic regression has one template for a class, and does worse with
            // pictures that move.
            augmentation = architecture.name == "logistic" ? "" : "affine"
        case .smallImages:
            // As Tools/reference/resnet20.py; the plain networks are there to be compared with the residual ones.
            (epochs, batchSize, warmup, optimizer) = (36, 128, 2, chosen ?? .nesterov)
            augmentation = "shift=0.0625,mirror@0.5"
        case .photographs:
            // A batch of 32 is what fits the memory of most machines at 224 × 224.
            (epochs, batchSize, warmup, optimizer) = (40, 32, 2, chosen ?? .adamw)
            augmentation = "resized-crop=0.25:1,mirror@0.5"
        }
        (learningRate, weightDecay) = subject.rates(optimizer)
    }
}

/// What networks were made for, which decides how they learn.
private enum Subject {
    /// Grey pictures of 28 × 28.
    case digits
    /// Pictures of 32 × 32, as those of CIFAR.
    case smallImages
    /// The pictures of ImageNet. isNormalized: whether batch-norm keeps large steps from doing harm.
    case photographs(isNormalized: Bool)

    init(_ architecture: ClassifierArchitecture) {
        let input = architecture.defaultInput
        if input.channels == 1 {
            self = .digits
        } else if input.height < 64 {
            self = .smallImages
        } else {
            let keys = ParameterSet.shapes { architecture.make(classes: 1, $0) }.map(\.name)
            self = .photographs(isNormalized: keys.contains { $0.hasSuffix("running_mean") })
        }
    }

    /// Of learning, and of the decay of the weights.
    func rates(_ optimizer: OptimizerKind) -> (learning: Double, decay: Double) {
        let (gradients, adaptive, decay) =
            switch self {
            case .digits: (0.05, 1e-3, 5e-4)
            case .smallImages: (0.2, 1e-3, 5e-4)
            // 0.1 for 256 pictures in a step (He et al. 2015), and an eighth of both.
            case .photographs(isNormalized: true): (0.0125, 5e-4, 1e-4)
            case .photographs(isNormalized: false): (0.0025, 1e-4, 1e-4)
            }
        return switch optimizer {
        case .sgd, .momentum, .nesterov: (gradients, decay)
        case .rmsprop, .adam: (adaptive, 0)
        // Its decay does not grow with the gradients, and wants larger steps.
        case .adamw: (2 * adaptive, 1e-2)
        }
    }
}

/// The part of a network that keeps the weights that it was given.
public enum FrozenPart: String, Sendable, CaseIterable {
    /// All but the layers that decide. What it makes of each picture is then the same in every epoch, and computed once.
    case backbone
}

extension ClassificationRecipe {
    /// What suits a training that begins from `weights`, of which some may stay as they are.
    ///
    /// Without `frozen` all weights are trained, with small steps. Either way the head, what decides, is new.
    public init(_ weights: PretrainedWeights, frozen: FrozenPart? = nil, optimizer chosen: OptimizerKind? = nil) {
        self.init(weights.architecture, optimizer: chosen ?? .adamw)
        input = weights.input
        pretrained = Pretrained(name: weights.name, checksum: weights.checksum)
        self.frozen = frozen
        warmup = 1
        (learningRate, weightDecay) = Subject.digits.rates(optimizer)
        if frozen == nil {
            (epochs, batchSize, augmentation) = (10, 32, "shift=0.0625,mirror@0.5")
            learningRate /= 10
        } else {
            // The head is as small as a network for digits, and learns at its rates.
            (epochs, batchSize, augmentation) = (40, 64, "")
        }
    }
}

extension ClassificationRecipe: TrainingRecipe {
    /// Keys and values in a fixed order.
    public var json: JSONValue {
        .members([
            "task": "classify", "model": .string(model), "input": .string(input.description),
            "epochs": .integer(epochs), "batch_size": .integer(batchSize),
            "optimizer": .string(optimizer.rawValue), "learning_rate": .number(learningRate),
            "momentum": .number(momentum), "schedule": .string(schedule.rawValue), "warmup": .number(warmup),
            "weight_decay": .number(weightDecay), "l1": .number(l1), "label_smoothing": .number(labelSmoothing),
            "clip_norm": clipNorm.map { .number($0) },
            "augment": .string(augmentation), "holdout": .number(holdout),
            "average": averageDecay.map { .number($0) }, "patience": patience.map { .integer($0) },
            "seed": .string("\(seed)"), "split_seed": splitSeed.map { .string("\($0)") },
            "pretrained": pretrained.map { .string($0.name) },
            "pretrained_sha256": pretrained?.checksum.map { .string($0) },
            "freeze": frozen.map { .string($0.rawValue) }, "copies": frozen.map { _ in .integer(copies) },
        ])
    }
}
