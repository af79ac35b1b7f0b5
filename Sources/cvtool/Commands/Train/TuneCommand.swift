import ArgumentParser
import CLISupport
import CVClassification
import CVCore
import CVNN
import CVTraining

/// `cvtool tune`: a subcommand for each task.
struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune", abstract: "Search for the best settings of a training.",
        subcommands: [TuneClassifyCommand.self])
}

/// `cvtool tune classify`: parses and checks; `TuneClassifyRun` does the work.
struct TuneClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Search for the best settings to train a classifier with.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Makes short trainings with settings that are drawn at random from the given ranges, and prints them from \
            best to worst, by the accuracy on validation. With --rounds 2 or more the ranges then shrink to \
            where the best quarter of the trials was, and as many trials follow there. The same --seed gives the same \
            trials. The networks are not kept: train again with the settings that were found.

            A range is written as low..high, with :log at its end for one in which each power of ten is as likely; \
            32,64,128 are values to choose from, and a single number is fixed.

            EXAMPLES
              cvtool tune classify animals/ --model lenet5
              cvtool tune classify cifar10-train.tar --learning-rate 1e-3..1:log \\
                --weight-decay 1e-5..1e-2:log --batch-size 32,64,128 \\
                --trials 20 --epochs 3 --rounds 2

            NETWORKS
            \(ModelOptions.list)

            \(ExitStatus.help(interrupted: "the trials until then are printed"))
            """)

    @Argument(help: "A folder of class folders, a .tar file of it, or a .csv list.")
    var data: String

    @OptionGroup(title: "Network") var model: ModelOptions
    @OptionGroup(title: "Search") var ranges: RangeOptions
    @OptionGroup(title: "The same in all trials")
    var learning: LearningOptions<TuningTask>

    @Option(help: .init("Number of trials in each round.", valueName: "n"))
    var trials = 20

    @Option(help: .init("Number of rounds, each after the first in smaller ranges.", valueName: "n"))
    var rounds = 1

    @Option(help: .init("Write the table of the trials, after each of them.", valueName: "file.csv"))
    var csv: String?

    @Flag(help: "Overwrite the file of --csv.")
    var force = false

    @OptionGroup var threads: ThreadOptions

    @Flag(name: .shortAndLong, help: "No progress and no remarks; only the table and errors.")
    var quiet = false

    func validate() throws {
        try checkNumber("--trials", trials, in: 1...10_000)
        try checkNumber("--rounds", rounds, in: 1...10_000)
        guard learning.holdout > 0 else {
            throw ValidationError("--holdout 0: trials are compared by validation; a fraction above 0 is expected.")
        }
    }

    func run() throws { try perform(threads: threads) { try TuneClassifyRun(self).run() } }
}

/// The settings that can be searched for, and their ranges.
struct RangeOptions: ParsableArguments {
    @Option(
        help: .init(
            "(default: with sgd, momentum, nesterov 1e-3..1:log, else 1e-4..1e-1:log)", valueName: "range"))
    var learningRate: String?

    @Option(help: .init("(default: not searched)", valueName: "range"))
    var weightDecay: String?

    @Option(help: .init("Whole numbers. (default: not searched)", valueName: "range"))
    var batchSize: String?

    @Option(help: .init("Of momentum and nesterov. (default: not searched)", valueName: "range"))
    var momentum: String?

    @Option(help: .init("(default: not searched)", valueName: "range"))
    var labelSmoothing: String?

    func validate() throws { _ = try ranges(for: .nesterov) }

    /// The ranges by the names of the options, without the dashes.
    ///
    /// - Parameter optimizer: whose usual learning rates are searched if no range is given.
    /// - Returns: only settings that are searched.
    /// - Throws: `ValidationError` for a text that is not a range.
    func ranges(for optimizer: OptimizerKind) throws -> [String: SearchRange] {
        let usual = optimizer.isAdaptive ? "1e-4..1e-1:log" : "1e-3..1:log"
        let texts: [(name: String, text: String?, limits: ClosedRange<Double>)] = [
            ("learning-rate", learningRate ?? usual, SettingLimits.rates),
            ("weight-decay", weightDecay, SettingLimits.decays),
            ("batch-size", batchSize, Self.batchSizes),
            ("momentum", momentum, SettingLimits.fractions),
            ("label-smoothing", labelSmoothing, SettingLimits.fractions),
        ]
        var ranges: [String: SearchRange] = [:]
        for (name, text, limits) in texts {
            guard let text else { continue }
            do throws(SearchRangeError) {
                ranges[name] = try SearchRange(text, limits: limits, isWhole: name == "batch-size")
            } catch {
                throw ValidationError("--\(name) \(error.description).")
            }
        }
        return ranges
    }

    private static var batchSizes: ClosedRange<Double> {
        let sizes = ClassificationTask.batchSizes
        return Double(sizes.lowerBound)...Double(sizes.upperBound)
    }

    /// Sets what a trial tries.
    ///
    /// - Parameters:
    ///   - trial: values by the names of the options.
    ///   - recipe: keeps all else.
    static func apply(_ trial: HyperparameterSearch.Trial, to recipe: inout ClassificationRecipe) {
        let values = trial.values
        recipe.learningRate = values["learning-rate"] ?? recipe.learningRate
        recipe.weightDecay = values["weight-decay"] ?? recipe.weightDecay
        recipe.batchSize = values["batch-size"].map { Int(clamping: $0.rounded()) } ?? recipe.batchSize
        recipe.momentum = values["momentum"] ?? recipe.momentum
        recipe.labelSmoothing = values["label-smoothing"] ?? recipe.labelSmoothing
    }

    /// A value as the option takes it, with three digits.
    ///
    /// - Parameters:
    ///   - value: of a trial.
    ///   - name: of the option.
    /// - Returns: a whole number for a batch size.
    static func text(_ value: Double, of name: String) -> String {
        name == "batch-size" ? "\(Int(clamping: value.rounded()))" : significant(value)
    }
}
