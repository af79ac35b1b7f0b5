import CVCore
import CVImage
import CVModels
import CVNN

/// All that the result of training a classifier depends on, beside the images and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights.
public struct ClassificationRecipe: TrainingRecipe {
    /// A name of `ClassifierArchitecture`.
    public var model: String
    /// The size and channels of the network's input: 1 channel is gray, 3 are RGB.
    public var input: ClassifierArchitecture.Input
    /// The settings that all tasks share.
    public var settings: TrainingSettings
    /// The factor of L1 regularization of all weights.
    public var l1 = 0.0
    /// The fraction of the target that is spread over all classes.
    public var labelSmoothing = 0.0
    /// The part of the pretrained weights that is not trained; nil for none.
    public var frozen: FrozenPart?
    /// The number of augmented copies of each image that a frozen backbone computes features of: epochs take them in turn.
    public var copies = 1

    /// The recipe for training a network from scratch, by the images it was made for.
    ///
    /// - Parameters:
    ///   - architecture: the network.
    ///   - chosen: an optimizer, which gets rates that suit it; nil for the one that suits the network.
    public init(_ architecture: ClassifierArchitecture, optimizer chosen: OptimizerKind? = nil) {
        model = architecture.name
        input = architecture.defaultInput
        let domain = Domain(architecture)
        let optimizer = chosen ?? domain.optimizer
        let (learningRate, weightDecay) = domain.rates(optimizer)
        let (epochs, batchSize) = domain.length
        settings = TrainingSettings(
            epochs: epochs, batchSize: batchSize, optimizer: optimizer, learningRate: learningRate,
            weightDecay: weightDecay)
        switch domain {
        case .digits:
            // No mirror: it makes other digits. Logistic regression has one template for a class, and does worse with
            // images that move.
            settings.augmentation = architecture.name == "logistic" ? "" : "affine"
        case .smallImages: (settings.warmup, settings.augmentation) = (2, "shift=0.0625,mirror@0.5")
        case .photographs: (settings.warmup, settings.augmentation) = (2, "resized-crop=0.25:1,mirror@0.5")
        }
    }
}

/// The kind of images that a network was made for, which decides how it learns.
private enum Domain {
    /// Gray images of 28 × 28.
    case digits
    /// Images of 32 × 32, as those of CIFAR.
    case smallImages
    /// The images of ImageNet. isNormalized: whether batch-norm keeps large steps from doing harm.
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

    var optimizer: OptimizerKind { if case .smallImages = self { .nesterov } else { .adamw } }

    var length: (epochs: Int, batchSize: Int) {
        switch self {
        case .digits: (40, 64)
        // As Tools/reference/resnet20.py; the plain networks are there to be compared with the residual ones.
        case .smallImages: (36, 128)
        // A batch of 32 is what fits the memory of most machines at 224 × 224.
        case .photographs: (40, 32)
        }
    }

    /// The learning rate and the weight decay that suit an optimizer.
    func rates(_ optimizer: OptimizerKind) -> (learning: Double, decay: Double) {
        let (gradients, adaptive, decay) =
            switch self {
            case .digits: (0.05, 1e-3, 5e-4)
            case .smallImages: (0.2, 1e-3, 5e-4)
            // 0.1 for 256 images in a step (He et al. 2015), and an eighth of both.
            case .photographs(isNormalized: true): (0.0125, 5e-4, 1e-4)
            case .photographs(isNormalized: false): (0.0025, 1e-4, 1e-4)
            }
        return switch optimizer {
        case .sgd, .momentum, .nesterov: (gradients, decay)
        case .rmsprop, .adam: (adaptive, 0)
        // Its decay does not grow with the gradients, and needs larger steps.
        case .adamw: (2 * adaptive, 1e-2)
        }
    }
}

/// The part of a network that keeps its pretrained weights.
public enum FrozenPart: String, Sendable, CaseIterable {
    /// All but the classification head. The features of each image are then the same in every epoch, and computed once.
    case backbone
}

extension ClassificationRecipe {
    /// The recipe for training that is initialized from pretrained weights, some of which may be frozen.
    ///
    /// Either way the classification head is new.
    ///
    /// - Parameters:
    ///   - weights: the pretrained weights.
    ///   - frozen: the part that is not trained; nil to train all weights, with small steps.
    ///   - chosen: an optimizer, which gets rates that suit it; nil for AdamW.
    public init(_ weights: PretrainedWeights, frozen: FrozenPart? = nil, optimizer chosen: OptimizerKind? = nil) {
        self.init(weights.architecture, optimizer: chosen ?? .adamw)
        input = weights.input
        self.frozen = frozen
        settings.pretrained = .init(name: weights.name, checksum: weights.checksum)
        settings.warmup = 1
        (settings.learningRate, settings.weightDecay) = Domain.digits.rates(settings.optimizer)
        if frozen == nil {
            (settings.epochs, settings.batchSize) = (10, 32)
            settings.augmentation = "shift=0.0625,mirror@0.5"
            settings.learningRate /= 10
        } else {
            // The head is as small as a network for digits, and learns at its rates.
            (settings.epochs, settings.batchSize, settings.augmentation) = (40, 64, "")
        }
    }
}

extension ClassificationRecipe {
    /// All settings, keys and values in a fixed order.
    public var json: JSONValue {
        .object(
            [
                JSONMember("task", "classify"), JSONMember("model", .string(model)),
                JSONMember("input", .string(input.description)),
            ] + settings.optimization
                + [JSONMember("l1", .number(l1)), JSONMember("label_smoothing", .number(labelSmoothing))]
                + settings.regularization
                + (frozen.map { [JSONMember("freeze", .string($0.rawValue)), JSONMember("copies", .integer(copies))] }
                    ?? []))
    }
}
