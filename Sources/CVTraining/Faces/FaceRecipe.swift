import CVCore
import CVFaces
import CVModels
import CVNN

/// All that the result of training embeddings of faces depends on, beside the images and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights. `settings.batchSize` follows from `peoplePerBatch` and
/// `imagesPerPerson`, and `settings.holdout` is a fraction of the people.
public struct FaceRecipe: TrainingRecipe {
    /// The size and channels of the network's input: 1 channel is gray, 3 are RGB.
    public var input: ModelSpec.Input
    /// Where eyes, nose and mouth lie in all images, which are turned and scaled for it; nil for images as they are.
    public var alignment: FaceTemplate?
    /// The settings that all tasks share.
    public var settings: TrainingSettings
    /// The loss.
    public let loss: FaceLoss
    /// How triplets are chosen.
    public var mining = TripletMining.semiHard
    /// Whether the triplet loss compares squared distances, as FaceNet; else distances, as PyTorch.
    public var squared = true
    /// The margin of the loss; nil for a loss without one.
    public var margin: Double?
    /// The number of people in a batch, P.
    public var peoplePerBatch = 16 { didSet { updateBatchSize() } }
    /// The number of images of each of them, K.
    public var imagesPerPerson = 4 { didSet { updateBatchSize() } }
    /// The people to hold out for validation; nil for those that `settings.holdout` and the seed choose.
    public var validationPeople: [String]?
    /// The regular expression that finds people in names of images; nil for the usual rules. Of the data set.
    public var personPattern: String?

    /// The recipe for training from scratch, on a few dozen people or more.
    ///
    /// - Parameter loss: the loss.
    public init(_ loss: FaceLoss = .triplet) {
        self.loss = loss
        input = .init(channels: 1, height: 32, width: 32)
        margin = loss.defaultMargin
        settings = TrainingSettings(
            epochs: 100, batchSize: 64, optimizer: .adamw, learningRate: 1e-3, weightDecay: 1e-2)
        settings.warmup = 2
        settings.augmentation = Self.augmentation
        settings.averageDecay = 0.98
    }

    /// Faces may be mirrored, and stand a little otherwise in the image, in other light.
    private static let augmentation = "mirror@0.5,affine=0.8,brightness=0.25,contrast=0.25"

    private mutating func updateBatchSize() { settings.batchSize = peoplePerBatch * imagesPerPerson }

    /// The name of the network in the registry.
    public var model: String { SiameseNet.name(loss.comparison) }

    /// All settings, keys and values in a fixed order.
    public var json: JSONValue {
        let choices = JSONValue.members([
            "task": "faces", "model": .string(model), "input": .string(input.description),
            "alignment": alignment.map { .string($0.name) },
            "loss": .string(loss.rawValue), "margin": margin.map { .number($0) },
            "mining": loss == .triplet ? .string(mining.rawValue) : nil,
            "squared": loss == .triplet ? .bool(squared) : nil,
            "persons_per_batch": .integer(peoplePerBatch), "images_per_person": .integer(imagesPerPerson),
            "val_persons": validationPeople.map { .array($0.map { .string($0) }) },
            "person_pattern": personPattern.map { .string($0) },
        ])
        return .object((choices.object ?? []) + settings.optimization + settings.regularization)
    }
}
