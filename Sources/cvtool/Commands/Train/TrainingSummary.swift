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
    /// `90 images to train on, 10 for validation; 5 of test are left out`.
    var summary: String {
        let left = test.isEmpty ? "" : "; \(test.count) of test \(test.count == 1 ? "is" : "are") left out"
        return "\(pluralized(train.count, "image")) to train on, \(validation.count) for validation\(left)"
    }
}
