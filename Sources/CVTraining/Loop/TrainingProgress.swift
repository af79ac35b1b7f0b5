import CVCore

/// The progress of a run: the part of a checkpoint that is not tensors.
struct TrainingProgress: Equatable {
    /// Counted from 0; equal to the number of epochs when all are made.
    var epoch = 0
    /// The next step of the epoch, counted from 0.
    var step = 0
    /// Sums over the steps of this epoch so far.
    var sums = Sums()
    var rows: [EpochResult] = []
    /// The epoch with the best metric, counted from 1.
    var bestEpoch: Int?
    /// The number of epochs that do not count for the best one, because its weights were lost.
    var forgottenEpochs = 0
    /// Seconds spent on this epoch by the runs before this one.
    var secondsBefore = 0.0

    struct Sums: Equatable {
        var loss = 0.0
        var metrics: Metrics = [:]

        /// - Parameters:
        ///   - step: the loss and metrics of a step.
        ///   - steps: the number of steps in the sums.
        /// - Throws: `TrainingError` if the step has other metrics, as after a resumption with other settings.
        mutating func add(_ step: TrainingLoss, to steps: Int) throws(TrainingError) {
            if steps == 0 { metrics = step.metrics.mapValues { _ in 0 } }
            guard metrics.names == step.metrics.names else {
                let difference = TrainingError.Difference(
                    name: "metrics of the training", saved: metrics.names.joined(separator: ", "),
                    present: step.metrics.names.joined(separator: ", "))
                throw TrainingError(.otherConfiguration([difference]))
            }
            loss += Double(step.loss.item)
            metrics = Metrics(zip(metrics, step.metrics).map { .init($0.name, $0.value + $1.value) })
        }

        /// Divided by the number of steps.
        func means(_ steps: Int) -> (loss: Double, metrics: Metrics) {
            (loss / Double(steps), metrics.mapValues { $0 / Double(steps) })
        }
    }

    var best: EpochResult? { bestEpoch.map { rows[$0 - 1] } }

    /// Advances to the next epoch.
    mutating func end(with row: EpochResult, isBest: Bool) {
        rows.append(row)
        if isBest { bestEpoch = row.epoch }
        (epoch, step, sums, secondsBefore) = (epoch + 1, 0, Sums(), 0)
    }

    /// Epochs since the best, or since the first that counts.
    var epochsWithoutImprovement: Int { rows.count - (bestEpoch ?? forgottenEpochs) }

    /// From now on the best of the epochs to come counts.
    mutating func forgetBest() { (bestEpoch, forgottenEpochs) = (nil, rows.count) }
}

// MARK: As JSON

extension TrainingProgress {
    var json: JSONValue {
        .members([
            "epoch": .integer(epoch), "step": .integer(step), "loss_sum": .number(sums.loss),
            "metric_sums": sums.metrics.json, "best_epoch": bestEpoch.map { .integer($0) },
            "forgotten_epochs": forgottenEpochs == 0 ? nil : .integer(forgottenEpochs),
            "seconds": .number(secondsBefore), "rows": .array(rows.map(\.json)),
        ])
    }

    /// Nil if something is missing or impossible, such as a step beyond the end of an epoch.
    init?(_ json: JSONValue, stepsPerEpoch: Int) {
        guard let epoch = json["epoch"]?.integer, let step = json["step"]?.integer,
            let loss = json["loss_sum"]?.double, let metrics = json["metric_sums"].flatMap(Metrics.init),
            let seconds = json["seconds"]?.double, let rows = json["rows"]?.array?.map(EpochResult.init)
        else { return nil }
        self.rows = rows.compactMap { $0 }
        bestEpoch = json["best_epoch"]?.integer
        forgottenEpochs = json["forgotten_epochs"]?.integer ?? 0
        guard epoch == rows.count, self.rows.count == epoch, self.rows.map(\.epoch) == Array(1..<epoch + 1),
            step >= 0, step < stepsPerEpoch, bestEpoch.map({ (1...max(epoch, 1)).contains($0) && epoch > 0 }) ?? true,
            (0...epoch).contains(forgottenEpochs)
        else { return nil }
        self.epoch = epoch
        self.step = step
        sums = Sums(loss: loss, metrics: metrics)
        secondsBefore = seconds
    }
}

extension EpochResult {
    fileprivate var json: JSONValue {
        [
            "epoch": .integer(epoch), "rate": .number(Double(learningRate)), "loss": .number(loss),
            "training": trainingMetrics.json, "metrics": metrics.json, "seconds": .number(seconds),
        ]
    }

    fileprivate init?(_ json: JSONValue) {
        guard let epoch = json["epoch"]?.integer, let rate = json["rate"]?.double, let loss = json["loss"]?.double,
            let training = json["training"].flatMap(Metrics.init), let metrics = json["metrics"].flatMap(Metrics.init),
            let seconds = json["seconds"]?.double
        else { return nil }
        self.init(
            epoch: epoch, learningRate: Float(rate), loss: loss, trainingMetrics: training, metrics: metrics,
            seconds: seconds)
    }
}

extension Metrics {
    fileprivate var json: JSONValue { .object(map { JSONMember($0.name, .number($0.value)) }) }

    /// JSON has no NaN: it was written as null.
    fileprivate init?(_ json: JSONValue) {
        guard let members = json.object else { return nil }
        let elements = members.compactMap { member in
            (member.value == .null ? .nan : member.value.double).map { Element(member.key, $0) }
        }
        guard elements.count == members.count else { return nil }
        self.init(elements)
    }
}
