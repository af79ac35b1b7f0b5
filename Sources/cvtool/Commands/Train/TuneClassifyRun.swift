import CLISupport
import CVClassification
import CVCore
import CVNN
import CVTraining

/// One run of `cvtool tune classify`.
struct TuneClassifyRun {
    private typealias Outcome = HyperparameterSearch.Outcome

    private let command: TuneClassifyCommand

    init(_ command: TuneClassifyCommand) { self.command = command }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let recipe = try baseRecipe()
        let ranges = try command.ranges.ranges(for: recipe.optimizer)
        let dataset = try ImageDataset.classification(contentsOf: command.data)
        var files = RunFiles()
        files.read(dataset)
        files.write(command.csv, by: "--csv")
        try files.check(force: command.force)
        try files.makeFolders()
        let images = try dataset.decoded(showing: "decode", quiet: command.quiet) {
            try ClassificationTraining.decoded(recipe, $0, progress: $1)
        }
        let tested = images.items.count { $0.part == .test }
        if tested > 0, !command.quiet {
            StandardError.write("\(tested) of test \(tested == 1 ? "is" : "are") left out\n")
        }
        let search = HyperparameterSearch(
            ranges, trials: command.trials, rounds: command.rounds, seed: command.learning.seeds.seed)
        var unfinished: Set<Int> = []
        var made: [(HyperparameterSearch.Trial, Double?)] = []
        let outcomes = try search.run(shouldStop: isInterrupted) { trial in
            let row = try train(trial, recipe, images)
            if Interruption.isRequested {
                unfinished.insert(trial.number)
                return nil
            }
            let score = row?.metrics["accuracy"]
            made.append((trial, score))
            report(trial, score)
            if let path = command.csv { try write(made, Array(ranges.keys.sorted()), to: path) }
            return score
        }.filter { !unfinished.contains($0.trial.number) }
        try StandardOutput.write(table(outcomes, ranges.keys.sorted()))
        if let best = outcomes.first, best.score != nil { advise(best) }
        return Interruption.isRequested ? .interrupted : .success
    }

    private func baseRecipe() throws -> ClassificationRecipe {
        var recipe = ClassificationRecipe(try command.model.architecture(), optimizer: command.learning.optimizer)
        command.model.apply(to: &recipe)
        recipe.epochs = TuningTask.epochs
        command.learning.apply(to: &recipe.settings)
        return recipe
    }

    /// The best epoch of a trial; nil if the loss became NaN, which is a result, too.
    private func train(
        _ trial: HyperparameterSearch.Trial, _ recipe: ClassificationRecipe, _ images: DecodedImages
    ) throws -> EpochResult? {
        var recipe = recipe
        RangeOptions.apply(trial, to: &recipe)
        let training = try ClassificationTraining(recipe, decoded: images)
        let display = TrainingDisplay(quiet: command.quiet, title: "trial \(trial.number + 1), ")
        defer { display.finish() }
        do {
            return try training.trainer().run(shouldStop: isInterrupted) { event in
                if case .step = event { display.show(event) }
            }.best
        } catch let error as TrainingError {
            guard case .notFinite = error.problem else { throw error }
            return nil
        }
    }

    private func report(_ trial: HyperparameterSearch.Trial, _ score: Double?) {
        if command.quiet { return }
        let values = trial.values.sorted { $0.key < $1.key }.map { "\($0) \(RangeOptions.text($1, of: $0))" }
        let total = command.trials * command.rounds
        StandardError.write(
            "trial \(trial.number + 1)/\(total)  \(values.joined(separator: "  "))  "
                + (score.map { "val accuracy \(decimal($0, 4))" } ?? "the loss became NaN") + "\n")
    }

    private func table(_ outcomes: [Outcome], _ names: [String]) -> String {
        var table = TextTable(
            ["trial", "round"] + names + ["val accuracy"], rightAligned: Set(0..<names.count + 3))
        for outcome in outcomes {
            table.add(
                ["\(outcome.trial.number + 1)", "\(outcome.trial.round + 1)"]
                    + names.map { RangeOptions.text(outcome.trial[$0], of: $0) }
                    + [outcome.score.map { decimal($0, 4) } ?? "failed"])
        }
        return table.fitted + "\n"
    }

    /// In the order of the trials, with all digits.
    private func write(
        _ made: [(trial: HyperparameterSearch.Trial, score: Double?)], _ names: [String], to path: String
    ) throws {
        let heading = ["trial", "round"] + names + ["dev_accuracy"]
        let rows = made.map { trial, score in
            ["\(trial.number + 1)", "\(trial.round + 1)"]
                + names.map { $0 == "batch-size" ? RangeOptions.text(trial[$0], of: $0) : "\(trial[$0])" }
                + [score.map { "\($0)" } ?? ""]
        }
        let text = ([heading] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
        // The first time it was checked that it may.
        try FileOutput.write(Array(text.utf8), to: path, overwrite: true)
    }

    private func advise(_ best: Outcome) {
        if command.quiet { return }
        let options = best.trial.values.sorted { $0.key < $1.key }
            .map { "--\($0) \(RangeOptions.text($1, of: $0))" }.joined(separator: " ")
        StandardError.write("the best, as options of cvtool train classify: \(options)\n")
    }
}
