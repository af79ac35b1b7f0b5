import CVCore
import CVModels
import CVStyle
import CVTraining

/// The differences of the options of training between tasks: default values, as the help states them, and limits.
protocol TrainingTask {
    associatedtype Recipe: TrainingRecipe

    /// The defaults as texts, one for each option whose default depends on the network.
    static var defaults: TrainingDefaults { get }
    /// The limits of `--batch-size`.
    static var batchSizes: ClosedRange<Int> { get }
}

/// A task whose training holds out a fraction of the images that can be chosen.
protocol ValidatedTask: TrainingTask {
    /// The fraction that `--holdout` is, for its help.
    static var holdout: String { get }
}

/// The defaults of training as the help states them.
struct TrainingDefaults {
    var epochs, optimizer, warmup, batchSize, learningRate, weightDecay, augmentation: String
    var average = "the weights themselves"

    /// The settings whose defaults are the same for all tasks and networks; the others play no part here.
    static let common = TrainingSettings(
        epochs: 1, batchSize: 1, optimizer: .momentum, learningRate: 1, weightDecay: 0)

    /// The values of a recipe, for tasks whose networks all have the same.
    init(_ settings: TrainingSettings) {
        epochs = "\(settings.epochs)"
        optimizer = settings.optimizer.rawValue
        warmup = "\(Int(clamping: settings.warmup)), but at most half of all"
        batchSize = "\(settings.batchSize)"
        learningRate = "\(settings.learningRate)"
        weightDecay = "\(settings.weightDecay)"
        augmentation = settings.augmentation
        average = settings.averageDecay.map { "\($0)" } ?? average
    }

    init(
        epochs: String, optimizer: String, warmup: String, batchSize: String, learningRate: String,
        weightDecay: String, augmentation: String
    ) {
        (self.epochs, self.optimizer, self.warmup) = (epochs, optimizer, warmup)
        (self.batchSize, self.learningRate, self.weightDecay) = (batchSize, learningRate, weightDecay)
        self.augmentation = augmentation
    }
}

/// `cvtool train classify`.
enum ClassificationTask: ValidatedTask {
    typealias Recipe = ClassificationRecipe

    static let defaults = TrainingDefaults(
        epochs: "36 for a network for 32×32, else 40; 10 with --pretrained and without --freeze",
        optimizer: "nesterov for a network for 32×32, else adamw",
        warmup: "1 for a network for digits and with --pretrained, else 2, but at most half of all",
        batchSize:
            "128 for a network for 32×32, 32 for one for photographs or with --pretrained, 64 for one for digits or "
            + "with --freeze",
        learningRate:
            "0.05 with sgd, momentum, nesterov, 0.001 with rmsprop, adam, 0.002 with adamw; a tenth of that with "
            + "--pretrained and without --freeze; for a network for 32×32 0.2 with sgd, momentum, nesterov; for photographs "
            + "0.0125, 0.0005, 0.001, and without batch-norm a fifth of that",
        weightDecay:
            "0.0005 with sgd, momentum, nesterov, 0.0001 for photographs; 0 with rmsprop, adam; 0.01 with adamw",
        augmentation:
            "affine for a network for digits; shift=0.0625,mirror@0.5 for one for 32×32 and with --pretrained; "
            + "resized-crop=0.25:1,mirror@0.5 for one for photographs; none for logistic and with --freeze")
    static let batchSizes = 1...65536
    static let holdout = "Fraction of each class to hold out for validation"
}

/// `cvtool tune classify`: short trainings of classifiers from scratch.
enum TuningTask: ValidatedTask {
    typealias Recipe = ClassificationRecipe

    /// Of a trial.
    static let epochs = 3
    static let defaults: TrainingDefaults = {
        var defaults = ClassificationTask.defaults
        defaults.epochs = "\(epochs)"
        return defaults
    }()
    static let batchSizes = ClassificationTask.batchSizes
    static let holdout = ClassificationTask.holdout
}

/// `cvtool train segment`.
enum SegmentationTask: ValidatedTask {
    typealias Recipe = SegmentationRecipe

    static let defaults = TrainingDefaults(SegmentationRecipe(ModelRegistry.specs(for: .segment)[0]).settings)
    static let batchSizes = 1...4096
    static let holdout = "Fraction of the images to hold out for validation, if no folder is for it"
}

/// `cvtool train landmarks`.
enum LandmarkTask: ValidatedTask {
    typealias Recipe = LandmarkRecipe

    static let defaults = TrainingDefaults(LandmarkRecipe(LandmarkRecipe.networks[0]).settings)
    static let batchSizes = 1...4096
    static let holdout = "Fraction of the persons, or of the images where none are known, to hold out for validation"
}

/// `cvtool train detect`.
enum DetectionTask: ValidatedTask {
    typealias Recipe = DetectionRecipe

    private static let recipe = DetectionRecipe(DetectionRecipe.networks[0])
    static let defaults = TrainingDefaults(recipe.settings)
    static let plainEpochs = recipe.plainEpochs
    static let batchSizes = 1...4096
    static let holdout = "Fraction of the images to hold out for validation, if no list or folder is for it"
}

/// `cvtool train faces`.
enum FaceTask: ValidatedTask {
    typealias Recipe = FaceRecipe

    static let defaults = TrainingDefaults(FaceRecipe().settings)
    /// The size follows from people and images; there is no such option.
    static let batchSizes = 4...100_000
    static let holdout = "Fraction of the people to hold out for validation, two at least"
}

/// `cvtool train style`.
enum StyleTask: TrainingTask {
    typealias Recipe = StyleRecipe

    static let defaults = TrainingDefaults(StyleRecipe(style: "").settings)
    static let batchSizes = 1...256
}
