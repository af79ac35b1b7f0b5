import ArgumentParser
import CLISupport

/// `cvtool evaluate faces`: parses and checks; `EvaluateFacesRun` does the work.
struct EvaluateFacesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faces",
        abstract: "Evaluate how well a network tells faces apart.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA has one of the forms that cvtool train faces takes; none of its people should have been trained on. All pairs \
            of images are compared, or those of a .csv file with the columns a and b (paths inside DATA, or from the list), \
            and if wanted same (1 or 0) and fold.

            Prints the area under the ROC curve (AUC), the equal error rate (EER), and how many pairs of the same person are \
            accepted (TAR) where one in 100, 1000 and 10000 pairs of different people is (FAR); "-" where there are too few \
            pairs to tell. The numbers are those of scikit-learn. The accuracy is that of the protocol of LFW: in each fold with \
            the threshold that is best on the others; folds are of people, or of ten parts of a list. The N-way one-shot \
            accuracy is how often, of N people with one known image each, the right one is nearest; all choices are counted.

            A threshold that rarely errs on one pair errs often among many people: --database-size K prints how often a \
            stranger is recognized as one of K people. That is measured if DATA has more than K people, else computed as \
            1 - (1 - FAR)^K, and which is said.

            EXAMPLES
              cvtool evaluate faces others/ --weights run/best.safetensors
              cvtool evaluate faces others/ -w best.safetensors --roc roc.png
              cvtool evaluate faces lfw/ -w best.safetensors --pairs pairs.csv
              cvtool evaluate faces others/ -w best.safetensors --ways 10 \\
                --database-size 1000
              cvtool evaluate faces others/ -w best.safetensors --json

            \(ExitStatus.help(partial: "some of the images could not be used; the others are counted"))
            """)

    @Argument(help: "A folder of person folders or of named images, a .tar file, or a .csv list.")
    var data: String

    @Option(
        name: .shortAndLong,
        help: .init("A .safetensors file, or a name that cvtool weights list shows.", valueName: "file|name"))
    var weights: String

    @OptionGroup(title: "Images") var names: PersonPatternOptions

    @Option(help: .init("Compare the pairs of this list. (default: all pairs)", valueName: "file.csv"))
    var pairs: String?

    @OptionGroup(title: "Numbers") var numbers: VerificationOptions
    @OptionGroup(title: "Output") var output: VerificationOutputOptions

    func run() throws { try perform(threads: output.threads) { try EvaluateFacesRun(self).run() } }
}

/// What is computed of the distances.
struct VerificationOptions: ParsableArguments {
    @Option(help: .init("Number of people to choose from in one-shot recognition.", valueName: "n"))
    var ways = 5

    @Option(help: .init("Print the errors of a search among this many people.", valueName: "k"))
    var databaseSize: Int?

    @Option(
        help: .init(
            "Threshold of the distance for --database-size. (default: the one that is best over the folds, or else that of "
                + "equal errors)", valueName: "distance"))
    var threshold: Double?

    @Option(help: .init("Another seed gives other folds of people, and other pairs of different people in them."))
    var seed: UInt64 = 1

    func validate() throws {
        try checkNumber("--ways", ways, in: 2...100_000)
        try checkNumber("--database-size", databaseSize, in: 1...1_000_000_000)
        try checkNumber("--threshold", threshold, in: 0...1e6)
        if threshold != nil, databaseSize == nil {
            throw ValidationError("--threshold goes with --database-size.")
        }
    }
}

/// The outputs of `cvtool evaluate faces`.
struct VerificationOutputOptions: ParsableArguments {
    @Option(help: .init("Write the ROC curve as an image.", valueName: "file"))
    var roc: String?

    @Flag(help: "Print all numbers as one JSON object instead.")
    var json = false

    @Flag(help: "Overwrite the file of --roc.")
    var force = false

    @OptionGroup var threads: ComputingOptions

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws { try checkIsImage("--roc", roc) }
}
