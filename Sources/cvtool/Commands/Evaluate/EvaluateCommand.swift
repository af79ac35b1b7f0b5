import ArgumentParser
import CVNN
import CVTraining

/// `cvtool evaluate`: a subcommand for each task.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure how well weights do on pictures whose answers are known.",
        subcommands: [EvaluateClassifyCommand.self, EvaluateSegmentCommand.self])
}

/// `cvtool evaluate classify`: parses and checks; `EvaluateClassifyRun` does the work.
struct EvaluateClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Measure how well a classifier does.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA is what cvtool train classify takes: a folder of class folders, a tar file of it, or a .csv list. Its \
            classes must be those of the weights.

            Prints accuracy, top-5, precision, recall and F1 of each class, and the confusion matrix. What is \
            undefined, such as the precision of a class that was never predicted, is 0.

            EXAMPLES
              cvtool evaluate classify test/ --weights run/best.safetensors
              cvtool evaluate classify animals/ --weights run/best.safetensors \\
                --split dev --holdout 0.1 --seed 1
              cvtool evaluate classify test.tar --weights resnet20-cifar10 --flip
              cvtool evaluate classify test/ -w best.safetensors --json
              cvtool evaluate classify test/ -w best.safetensors --confusion c.png

            EXIT CODES
              0    done
              1    failed
              2    some of the pictures could not be used; the others are counted
              64   the arguments make no sense
              130  interrupted (Ctrl-C)
            """)

    @Argument(help: "A folder of class folders, a .tar file of it, or a .csv list.")
    var data: String

    @Option(
        name: .shortAndLong,
        help: .init("A .safetensors file, or a name that cvtool weights list shows.", valueName: "file|name"))
    var weights: String

    @OptionGroup(title: "Which pictures") var selection: SplitOptions

    @Flag(help: "Look at each picture mirrored, too, and average the probabilities.")
    var flip = false

    @OptionGroup(title: "Output") var output: EvaluationOutputOptions

    func run() throws { try perform(threads: output.threads) { try EvaluateClassifyRun(self).run() } }
}

/// Which part of a data set is looked at.
struct SplitOptions: ParsableArguments {
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case all, train, validation
    }

    @Option(
        help: .init(
            "All pictures, or what cvtool train with the same --holdout and --seed learns from (train) or "
                + "holds back (dev)."))
    var split = Part.all

    @Option(help: .init("The part of each class that was held back.", valueName: "part"))
    var holdout = 0.1

    @Option(help: .init("The --split-seed of the training, or else its --seed.", valueName: "n"))
    var seed: UInt64 = 1

    func validate() throws {
        try checkNumber("--holdout", holdout, in: 0...0.9)
        if split == .validation, holdout == 0 {
            throw ValidationError("--split dev: nothing is held back by --holdout 0.")
        }
    }

    /// Places among `count` pictures.
    ///
    /// divide: the parts that a training with this part held back, and this seed, makes of them.
    func items(
        of count: Int, _ divide: (_ holdout: Double, _ seed: UInt64) throws -> DatasetSplit
    ) throws -> [Int] {
        switch split {
        case .all: return Array(0..<count)
        case .train: return try divide(holdout, seed).train
        case .validation: return try divide(holdout, seed).validation
        }
    }
}
