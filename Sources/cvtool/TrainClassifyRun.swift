import CLISupport
import CVClassification
import CVCore
import CVImage
import CVNN

/// One run of `cvtool train classify`.
struct TrainClassifyRun {
    private let command: TrainClassifyCommand
    private let output: TrainOutputOptions
    private let folder: TrainFolder

    init(_ command: TrainClassifyCommand) {
        self.command = command
        output = command.output
        folder = TrainFolder(command.output.output)
    }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let pretrained = try command.transfer.weights(model: command.model.model)
        let recipe = try command.recipe(pretrained)
        let dataset = try ClassificationDataset(contentsOf: command.data)
        try folder.prepare(force: output.force, resume: output.resume)
        let pictures = try dataset.decoded(showing: "decode", quiet: output.quiet) {
            try ClassificationTraining.decoded(recipe, $0, pretrained: pretrained, progress: $1)
        }
        guard let training = try training(recipe, pictures, pretrained), !Interruption.isRequested else {
            return .interrupted
        }
        if !output.quiet { StandardError.write(training.summary) }
        let trainer = training.trainer(files: files(for: training))
        if output.resume { try trainer.resume(from: folder.checkpoint) }
        try write(training.recipe.json.text + "\n", to: folder.recipe)

        let display = TrainingDisplay(quiet: output.quiet)
        defer { display.finish() }
        let summary = try trainer.run(shouldStop: isInterrupted) { event in
            display.show(event)
            if case .epochEnded = event { try writeCurves(trainer.rows, recipe) }
        }
        display.finish()
        return try end(summary, training, trainer)
    }

    private struct Interrupted: Error {}

    /// Nil if Ctrl-C was pressed while a frozen backbone looked at the pictures.
    private func training(
        _ recipe: ClassificationRecipe, _ pictures: DecodedPictures, _ pretrained: PretrainedWeights?
    ) throws -> ClassificationTraining? {
        var bar: ProgressBar?
        var shown = 0
        defer { bar?.finish() }
        do {
            return try ClassificationTraining(recipe, decoded: pictures, pretrained: pretrained) { done, total in
                if Interruption.isRequested { throw Interrupted() }
                if bar == nil { bar = ProgressBar(title: "features", total: total, quiet: output.quiet) }
                for _ in shown..<done { bar?.advance() }
                shown = done
            }
        } catch is Interrupted {
            return nil
        }
    }

    private func files(for training: ClassificationTraining) -> TrainingFiles {
        let metadata = training.metadata
        return TrainingFiles(
            checkpoint: folder.checkpoint, best: training.split.dev.isEmpty ? nil : folder.best,
            bestStorage: output.half ? .f16 : .f32,
            bestMetadata: { row in metadata.merging(row.texts) { $1 } })
    }

    private func writeCurves(_ rows: [TrainingRow], _ recipe: ClassificationRecipe) throws {
        let log = TrainingLog(rows)
        try log.write(to: folder.log)
        try log.curves(title: recipe.model).image().write(to: folder.curves, overwrite: true)
    }

    private func end(
        _ summary: TrainingSummary, _ training: ClassificationTraining, _ trainer: Trainer<ImageBatch>
    ) throws -> ExitStatus {
        let metadata = training.metadata.merging(summary.rows.last?.texts ?? [:]) { $1 }
        let bytes = try trainer.withAveragedWeights {
            try training.parameters.safetensors(
                storage: output.half ? .f16 : .f32, metadata: metadata, hashData: true)
        }
        try FileOutput.write(bytes, to: folder.last, overwrite: true)
        if summary.reason == .interrupted {
            StandardError.write(
                "interrupted in epoch \(summary.epochs + 1) of \(training.recipe.epochs): saved; "
                    + "the same command with --resume goes on\n")
            return .interrupted
        }
        if summary.reason == .earlyStopping, !output.quiet {
            StandardError.write(
                "ended after epoch \(summary.epochs): no better one in \(counted(training.recipe.patience ?? 0, "epoch"))\n"
            )
        }
        let (path, row) = training.split.dev.isEmpty ? (folder.last, summary.rows.last) : (folder.best, summary.best)
        if let row {
            try? StandardOutput.write("\(path.escapedForDisplay): \(row.result)\n")
        }
        return .success
    }

    private func write(_ text: String, to path: String) throws {
        try FileOutput.write(Array(text.utf8), to: path, overwrite: true)
    }
}

extension ClassificationTraining {
    /// What is going to be done, for the person.
    fileprivate var summary: String {
        let weights = parameters.trainable.reduce(0) { $0 + $1.shape.count }
        let augmentation = recipe.augmentation.isEmpty ? "as they are" : recipe.augmentation
        let origin = recipe.pretrained.map { " from \($0.name)" } ?? ""
        let copies = recipe.copies == 1 ? "one copy" : "\(recipe.copies) copies"
        let part = recipe.frozen == nil ? "" : " of the head, features of \(copies) of each picture"
        return """
            \(recipe.model)\(origin): \(counted(weights, "weight"))\(part), input \(recipe.input); pictures \(augmentation)
            \(pictures.classes.count) classes: \(counted(split.train.count, "picture")) to learn from, \
            \(split.dev.count) held back; \(counted(stepsPerEpoch, "step")) an epoch
            \(recipe.optimizer.rawValue), learning rate \(short(recipe.learningRate)) (\(recipe.schedule.rawValue), \
            warm-up \(short(recipe.warmup))), weight decay \(short(recipe.weightDecay)), \
            \(counted(recipe.epochs, "epoch")), seed \(recipe.seed)

            """
    }
}

extension TrainingRow {
    /// What weights say about how they came out.
    fileprivate var texts: [String: String] {
        var texts = ["epoch": "\(epoch)"]
        for metric in metrics { texts["dev_" + metric.name] = decimal(metric.value, 4) }
        return texts
    }

    /// `epoch 43, loss 0.1203, dev accuracy 0.8812`.
    fileprivate var result: String {
        let parts =
            ["epoch \(epoch)", "loss \(decimal(loss, 4))"] + metrics.map { "dev \($0.name) \(decimal($0.value, 4))" }
        return parts.joined(separator: ", ")
    }
}

extension Trainer {
    /// Calls `body` while the parameters have the values that are kept: the averages, where there are any.
    fileprivate func withAveragedWeights<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard let average else { return try body() }
        return try average.applied(body)
    }
}
