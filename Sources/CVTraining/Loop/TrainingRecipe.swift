import CVCore

/// The settings that the trainings of all tasks have.
package protocol TrainingRecipe {
    var epochs: Int { get }
    var learningRate: Double { get }
    var schedule: ScheduleKind { get }
    /// Epochs in which the learning rate grows from 0.
    var warmup: Double { get }
    /// The longest gradient; nil for any.
    var clipNorm: Double? { get set }
    /// Of the average of the weights; nil for none.
    var averageDecay: Double? { get set }
    /// Epochs without a better one after which training ends; nil for never.
    var patience: Int? { get set }
    var seed: UInt64 { get set }
    /// The seed of the run whose part held back is held back; nil for `seed`.
    var splitSeed: UInt64? { get set }
    /// All settings.
    var json: JSONValue { get }
}

extension TrainingRecipe {
    /// How a trainer goes through `images` pictures.
    ///
    /// selection: what tells the best epoch.
    package func configuration(
        stepsPerEpoch: Int, selection: MetricSelection, images: Int
    ) -> TrainingConfiguration {
        var rates = schedule.make(rate: learningRate, epochs: epochs, stepsPerEpoch: stepsPerEpoch)
        // One cycle warms up by itself.
        if warmup > 0, schedule != .oneCycle { rates = rates.warmedUp(over: warmup) }
        return TrainingConfiguration(
            epochs: epochs, stepsPerEpoch: stepsPerEpoch, schedule: rates, seed: seed, selection: selection,
            gradientNorm: clipNorm.map { Float($0) }, averageDecay: averageDecay.map { Float($0) }, patience: patience,
            details: details.merging(["pictures": "\(images)"]) { $1 })
    }

    /// One `key: value` for each setting that the losses depend on: a run that is resumed must have the same.
    private var details: [String: String] {
        // The trainer compares these itself, or lets them change.
        let others: Set = ["task", "epochs", "patience", "seed", "average", "clip_norm"]
        let members = (json.object ?? []).filter { !others.contains($0.key) }
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.string ?? $0.value.text) })
    }
}
