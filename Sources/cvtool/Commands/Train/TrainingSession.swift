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
        if output.resume { try trainer.resume(from: folder.checkpoint) }
        try write(recipe.text + "\n", to: folder.recipe)
        let display = TrainingDisplay(quiet: output.quiet)
        defer { display.finish() }
        let summary = try trainer.run(shouldStop: isInterrupted) { event in
            display.show(event)
            if case .epochEnded(let row) = event {
                try writeCurves(trainer.rows)
                try onEpoch(row.epoch)
            }
        }
        display.finish()
        try writeLast(trainer, summary.rows.last)
        return try end(summary)
    }

    private func writeCurves(_ rows: [EpochResult]) throws {
        let log = TrainingLog(rows)
        try log.write(to: folder.log)
        try log.curves(title: model).image().write(to: folder.curves, overwrite: true)
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
        let (path, row) = isEvaluated ? (folder.best, summary.best) : (folder.last, summary.rows.last)
        if let row { try StandardOutput.write("\(path.escapedForDisplay): \(row.result)\n") }
        return .success
    }

    private func write(_ text: String, to path: String) throws {
        try FileOutput.write(Array(text.utf8), to: path, overwrite: true)
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
