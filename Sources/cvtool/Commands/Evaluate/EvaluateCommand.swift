import ArgumentParser
import CLISupport
import CVNN
import CVTraining

/// `cvtool evaluate`: a subcommand for each task.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Evaluate weights on annotated images.",
        subcommands: [
            EvaluateClassifyCommand.self, EvaluateSegmentCommand.self, EvaluateLandmarksCommand.self,
            EvaluateFacesCommand.self, EvaluateDetectCommand.self,
        ])
}

/// `cvtool evaluate classify`: parses and checks; `EvaluateClassifyRun` does the work.
struct EvaluateClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Evaluate a classifier.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA has one of the forms that cvtool train classify takes: a folder of class folders, a tar file of it, or a .csv list. Its \
            classes must be among those of the weights; classes without images are named, and left out of means unless \
            they were predicted.

            Prints accuracy, top-5, precision, recall and F1 of each class, and the confusion matrix. What is \
            undefined, such as the precision of a class that was never predicted, is 0.

            EXAMPLES
              cvtool evaluate classify test/ --weights run/best.safetensors
              cvtool evaluate classify animals/ --weights run/best.safetensors \\
                --split val --holdout 0.1 --seed 1
              cvtool evaluate classify test.tar --weights resnet20-cifar10 --flip
              cvtool evaluate classify test/ -w best.safetensors --json
              cvtool evaluate classify test/ -w best.safetensors --confusion c.png

            \(ExitStatus.help(partial: "some of the images could not be used; the others are counted"))
            """)

    @Argument(help: "A folder of class folders, a .tar file of it, or a .csv list.")
    var data: String

    @Option(
        name: .shortAndLong,
        help: .init("A .safetensors file, or a name that cvtool weights list shows.", valueName: "file|name"))
    var weights: String

    @OptionGroup(title: "Images") var selection: SplitOptions

    @Flag(help: "Average the probabilities with those of the mirrored image.")
    var flip = false

    @OptionGroup(title: "Output") var output: EvaluationOutputOptions

    func run() throws { try perform(threads: output.threads) { try EvaluateClassifyRun(self).run() } }
}
