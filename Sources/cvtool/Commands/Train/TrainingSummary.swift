import CVCore
import CVTraining

// Parts of the summary that a training shows before it begins.

extension TrainingSettings {
    /// `adamw, learning rate 0.001 (cosine, warm-up 1), weight decay 0.01, 60 epochs, seed 1`.
    var summary: String {
        "\(optimizer.rawValue), learning rate \(short(learningRate)) (\(schedule.rawValue), warm-up \(short(warmup))), "
            + "weight decay \(short(weightDecay)), \(pluralized(epochs, "epoch")), seed \(seed)"
    }
}

extension DatasetSplit {
    /// `90 images to train on, 10 for validation`.
    var summary: String { "\(pluralized(train.count, "image")) to train on, \(validation.count) for validation" }
}
