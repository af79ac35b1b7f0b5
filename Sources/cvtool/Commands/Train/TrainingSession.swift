import CLISupport
import CVCore
import CVNN
import CVTraining
import CVWeights

/// A run of any training: checkpoints, a line and the curves after each epoch, the weights at the end.
struct TrainingSession {
    let output: TrainOutputOptions
    let folder: TrainFolder
    /// The metadata of weight files.
    let metadata: [String: String]
    let recipe: JSONValue
    let parameters: ParameterSet
    /// Whether there is a validation part, which selects the best epoch.
    let isEvaluated: Bool

    /// Of the recipe.
    private var model: String { recipe["model"]?.string ?? "" }

    /// Whether the training metrics are those of augmented images; masks and landmarks are always cropped.
    private var isAugmented: Bool {
        recipe["augment"]?.string?.isEmpty == false || recipe["crop"] != nil || recipe["fill"] != nil
    }

    var files: TrainingFiles {
        TrainingFiles(
            checkpoint: folder.checkpoint, best: isEvaluated ? folder.best : nil, bestStorage: storage,
            bestMetadata: { [metadata] row in metadata.merging(row.texts) { $1 } })
    }

    private var storage: SafetensorsTensor.Storage { output.half ? .f16 : .f32 }

    /// Trains from the start, or from the checkpoint.
    ///
    /// - Parameters:
    ///   - trainer: made with `files`.
    ///   - onEpoch: called after each epoch with its number, from 1.
    /// - Returns: how the command ends.
    /// - Throws: a `ToolkitError`, and what `onEpoch` throws.
    func run<Batch>(_ trainer: Trainer<Batch>, onEpoch: (Int) throws -> Void = { _ in }) throws -> ExitStatus {
        if output.resume { try resume(trainer) }
        var hasRecipe = false
        let display = TrainingDisplay(quiet: output.quiet)
        defer { display.finish() }
        let summary = try trainer.run(shouldStop: isInterrupted) { event in
            display.show(event)
            switch event {
            // Not before: a training that cannot make a step leaves no run behind.
            case .step where !hasRecipe:
                if output.force, !output.resume { folder.removeOtherResults() }
                try FileOutput.write(
                    Array((recipe.text + "\n").utf8), to: folder.recipe, overwrite: output.resume || output.force)
                hasRecipe = true
            case .epochEnded(let row):
                try writeCurves(trainer.rows)
                try onEpoch(row.epoch)
            default: break
            }
        }
        display.finish()
        try writeLast(trainer, summary.rows.last)
        return try end(summary)
    }

    private func resume<Batch>(_ trainer: Trainer<Batch>) throws {
        try trainer.resume(from: folder.checkpoint)
        guard let row = trainer.lostBest else { return }
        warn(
            "\(folder.best.escapedForDisplay): is missing; its weights (\(row.result)) are lost, and the best of the epochs from "
                + "now on is kept")
    }

    private func writeCurves(_ rows: [EpochResult]) throws {
        let log = TrainingLog(rows)
        try log.write(to: folder.log)
        try log.curves(title: model, isAugmented: isAugmented).image().write(to: folder.curves, overwrite: true)
    }

    private func writeLast<Batch>(_ trainer: Trainer<Batch>, _ row: EpochResult?) throws {
        let metadata = metadata.merging(row?.texts ?? [:]) { $1 }
        let bytes = try trainer.withAveragedWeights {
            try parameters.safetensors(storage: storage, metadata: metadata, hashData: true)
        }
        try FileOutput.write(bytes, to: folder.last, overwrite: true)
    }

    private func end(_ summary: TrainingSummary) throws -> ExitStatus {
        if summary.reason == .interrupted {
            StandardError.write(
                "interrupted in epoch \(summary.epochs + 1) of \(recipe["epochs"]?.integer ?? 0): saved; "
                    + "the same command with --resume continues\n")
            return .interrupted
        }
        if summary.reason == .earlyStopping, !output.quiet {
            let patience = pluralized(recipe["patience"]?.integer ?? 0, "epoch")
            StandardError.write("ended after epoch \(summary.epochs): no improvement in \(patience)\n")
        }
        // What is there: somebody may have removed it.
        let hasBest = summary.best != nil && FileSystem.kind(of: folder.best) == .file
        if isEvaluated, !hasBest { warn("\(folder.best.escapedForDisplay): is not there; the last weights are kept") }
        let (path, row) =
            isEvaluated && hasBest ? (folder.best, summary.best) : (folder.last, summary.rows.last)
        if let row { try StandardOutput.write("\(path.escapedForDisplay): \(row.result)\n") }
        return .success
    }
}

extension EpochResult {
    /// The metadata of the weights of this epoch. Keys begin with "dev_", as readers of older files expect.
    fileprivate var texts: [String: String] {
        var texts = ["epoch": "\(epoch)"]
        for metric in metrics { texts["dev_" + metric.name] = decimal(metric.value, 4) }
        return texts
    }

    /// `epoch 43, loss 0.1203, val accuracy 0.8812`.
    fileprivate var result: String {
        let parts =
            ["epoch \(epoch)", "loss \(decimal(loss, 4))"] + metrics.map { "val \($0.name) \(decimal($0.value, 4))" }
        return parts.joined(separator: ", ")
    }
}

extension Trainer {
    /// Calls `body` while the parameters have the values that are kept: the averages, if there are any.
    fileprivate func withAveragedWeights<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard let average else { return try body() }
        return try average.applied(body)
    }
}
