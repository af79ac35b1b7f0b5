import ArgumentParser
import CLISupport

/// `cvtool evaluate segment`: parses and checks; `EvaluateSegmentRun` does the work.
struct EvaluateSegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "Evaluate a segmentation.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA has one of the forms that cvtool train segment takes. Its classes must be those of the weights; masks \
            without a list of classes are read as having these.

            Prints the mean intersection over union (IoU), the pixel accuracy, IoU, Dice (F1), recall and precision of \
            each class, and the confusion matrix, over all pixels that count, at the size of each image. The numbers \
            are those of torchmetrics; what is undefined, such as the IoU of a class that is neither in the masks nor \
            predicted, is 0 and not part of the mean.

            EXAMPLES
              cvtool evaluate segment streets/ --weights run/best.safetensors
              cvtool evaluate segment camvid/ -w run/best.safetensors --ignore 11 \\
                --split val
              cvtool evaluate segment cells/ -w best.safetensors --json
              cvtool evaluate segment cells/ -w best.safetensors --confusion c.png

            \(ExitStatus.help())
            """)

    @Argument(help: "A folder of images and masks, or a .json file of COCO.")
    var data: String

    @Option(
        name: .shortAndLong,
        help: .init("A .safetensors file, or a name that cvtool weights list shows.", valueName: "file|name"))
    var weights: String

    @OptionGroup(title: "Classes") var classes: SegmentClassOptions
    @OptionGroup(title: "Images") var selection: SplitOptions
    @OptionGroup(title: "Output") var output: EvaluationOutputOptions

    func run() throws { try perform(threads: output.threads) { try EvaluateSegmentRun(self).run() } }
}
