import CVCore
import CVImage
import CVModels
import CVNN

/// All that the result of training a classifier depends on, beside the images and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights.
public struct ClassificationRecipe: TrainingRecipe {
    /// A name of `ModelRegistry`, for the task `.classify`.
    public var model: String
    /// The size and channels of the network's input: 1 channel is gray, 3 are RGB.
    public var input: ModelSpec.Input
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
    ///   - spec: the network.
    ///   - chosen: an optimizer, which gets rates that suit it; nil for the one that suits the network.
    public init(_ spec: ModelSpec, optimizer chosen: OptimizerKind? = nil) {
        model = spec.name
        input = spec.defaultInput
        let training = DomainTraining(spec.domain, hasBatchNorm: spec.hasBatchNorm)
        let optimizer = chosen ?? training.optimizer
        let (learningRate, weightDecay) = training.rates(optimizer)
        let (epochs, batchSize) = training.length
        settings = TrainingSettings(
            epochs: epochs, batchSize: batchSize, optimizer: optimizer, learningRate: learningRate,
            weightDecay: weightDecay)
        switch spec.domain {
        case .digits:
            // No mirror: it makes other digits. Logistic regression has one template for a class, and does worse with
            // images that move.
            settings.augmentation = spec.name == "logistic" ? "" : "affine"
        case .smallImages: (settings.warmup, settings.augmentation) = (2, "shift=0.0625,mirror@0.5")
        case .photographs: (settings.warmup, settings.augmentation) = (2, "resized-crop=0.25:1,mirror@0.5")
        }
    }
}

/// How networks for one kind of images learn best.
private struct DomainTraining {
    private let domain: ModelSpec.Domain
    private let hasBatchNorm: Bool

    init(_ domain: ModelSpec.Domain, hasBatchNorm: Bool = false) {
        (self.domain, self.hasBatchNorm) = (domain, hasBatchNorm)
    }

    var optimizer: OptimizerKind { domain == .smallImages ? .nesterov : .adamw }

    var length: (epochs: Int, batchSize: Int) {
        switch domain {
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
            switch domain {
            case .digits: (0.05, 1e-3, 5e-4)
            case .smallImages: (0.2, 1e-3, 5e-4)
            // 0.1 for 256 images in a step (He et al. 2015), and an eighth of both.
            case .photographs: hasBatchNorm ? (0.0125, 5e-4, 1e-4) : (0.0025, 1e-4, 1e-4)
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
        self.init(weights.spec, optimizer: chosen ?? .adamw)
        input = weights.input
        self.frozen = frozen
        settings.pretrained = .init(name: weights.name, checksum: weights.checksum)
        settings.warmup = 1
        (settings.learningRate, settings.weightDecay) = DomainTraining(.digits).rates(settings.optimizer)
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
