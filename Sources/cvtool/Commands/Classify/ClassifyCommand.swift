import ArgumentParser
import CLISupport
import CVClassification

/// `cvtool classify`: parses and checks; `ClassifyRun` does the work.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Classify images.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Prints a line for each of the most probable classes of each image, such as

              photo.jpg: espresso 94.1%

            The classes are those of ImageNet, or of your own with weights that cvtool train classify has written.

            EXAMPLES
              cvtool classify photo.jpg
              cvtool classify photos/ --recursive --top 1
              cvtool classify photo.jpg --ten-crop
              cvtool classify photo.jpg --weights run/best.safetensors
              cvtool classify 'holiday/*.jpg' --json
              cat photo.jpg | cvtool classify -
              cvtool explain photo.jpg       the regions that speak for it

            EXIT CODES
              0    all inputs done
              1    failed
              2    some of several inputs failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C); what was done until then is kept
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Network") var classifier: ClassifierOptions
    @OptionGroup(title: "Network") var precision: PrecisionOptions

    @Option(help: .init("How many classes of each image, the most probable first.", valueName: "n"))
    var top = 5

    @Flag(
        help: "Average the probabilities over the image and its mirror image. Takes twice as long.")
    var flip = false

    @Flag(
        help: .init(
            "Average the probabilities over four corners, the center and their mirror images. Takes ten times as long.")
    )
    var tenCrop = false

    @Flag(help: "Print JSON instead: for each input one object on one line, also if it failed.")
    var json = false

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws {
        try checkNumber("--top", top, in: 1...)
        if flip && tenCrop {
            throw ValidationError("--ten-crop has the mirror image of --flip among its ten: choose one.")
        }
    }

    func run() throws { try perform(threads: precision) { try ClassifyRun(self).run() } }

    var views: ImageViews { tenCrop ? .tenCrop : flip ? .flip : .whole }
}
