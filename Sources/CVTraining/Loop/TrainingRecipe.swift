import CVCore
import CVImage
import CVNN

/// All that the result of a training depends on, beside the images and the version of this library.
///
/// Written to `recipe.json` and into the metadata of the weights. The settings that all tasks share can be read and set as
/// the recipe's own: `recipe.epochs` is `recipe.settings.epochs`.
@dynamicMemberLookup
public protocol TrainingRecipe: Sendable, Equatable {
    /// The settings that the trainings of all tasks have.
    var settings: TrainingSettings { get set }
    /// All settings, keys and values in a fixed order.
    var json: JSONValue { get }
}

extension TrainingRecipe {
    /// A setting that all tasks share.
    ///
    /// - Parameter path: the key path of the setting.
    public subscript<Value>(dynamicMember path: WritableKeyPath<TrainingSettings, Value>) -> Value {
        get { settings[keyPath: path] }
        set { settings[keyPath: path] = newValue }
    }

    /// How a trainer passes over the images.
    ///
    /// - Parameters:
    ///   - stepsPerEpoch: the number of whole batches.
    ///   - selection: the metric that chooses the best epoch.
    ///   - dataset: the images; a run that is resumed must have the same.
    ///   - images: the number of images that decode.
    ///   - details: what else the losses depend on: a run that is resumed must have the same.
    /// - Returns: the configuration of a `Trainer`.
    func configuration(
        stepsPerEpoch: Int, selection: MetricSelection, dataset: DatasetFingerprint, images: Int,
        details: [String: String] = [:]
    ) -> TrainingConfiguration {
        let settings = settings
        var rates = settings.schedule.make(
            rate: settings.learningRate, epochs: settings.epochs, stepsPerEpoch: stepsPerEpoch)
        // One cycle warms up by itself.
        if settings.warmup > 0, settings.schedule != .oneCycle {
            rates = rates.warmedUp(over: settings.warmup, step: 1 / Double(stepsPerEpoch))
        }
        return TrainingConfiguration(
            epochs: settings.epochs, stepsPerEpoch: stepsPerEpoch, schedule: rates, seed: settings.seed,
            selection: selection, gradientNorm: settings.clipNorm.map { Float($0) },
            averageDecay: settings.averageDecay.map { Float($0) }, patience: settings.patience,
            details: self.details.merging(details) { $1 }.merging(["images that decode": "\(images)"]) { $1 },
            dataset: dataset)
    }

    /// The optimizer of the settings.
    ///
    /// - Parameters:
    ///   - parameters: to optimize.
    ///   - l1: the factor of L1 regularization.
    /// - Returns: an optimizer of all trainable parameters.
    func optimizer(of parameters: ParameterSet, l1: Double = 0) -> any Optimizer {
        settings.optimizer.make(
            parameters.trainable, learningRate: settings.learningRate, momentum: settings.momentum,
            weightDecay: settings.weightDecay, l1: l1)
    }

    /// The augmentation of the settings; nil for none.
    ///
    /// - Throws: `AugmentationError`.
    func augmentationPipeline() throws -> Augment.Pipeline? {
        settings.augmentation.isEmpty ? nil : try AugmentationRecipe(settings.augmentation).pipeline
    }

    /// One `key: value` for each setting that the losses depend on: a run that is resumed must have the same.
    private var details: [String: String] {
        // The trainer compares these itself, or lets them change.
        let others: Set = [
            "task", "epochs", "steps_per_epoch", "patience", "seed", "average", "clip_norm",
        ]
        let members = (json.object ?? []).filter { !others.contains($0.key) }
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.string ?? $0.value.text) })
    }
}
