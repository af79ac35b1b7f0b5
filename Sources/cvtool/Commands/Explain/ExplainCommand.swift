import ArgumentParser
import CLISupport

/// `cvtool explain`: parses and checks; `ExplainRun` does the work.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which regions of an image speak for a class (Grad-CAM).",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Writes a copy of each image, photo.jpg as photo_explain.jpg in the current folder, under a heat \
            map: light where the image speaks for the class, dark where it does not matter. Gray regions are not part \
            of the network's input. Prints a line for each image, such as

              photo.jpg: espresso 94.1%

            The heat map has the layer's resolution and is upsampled smoothly: it shows regions, not outlines. (Selvaraju \
            et al. 2017, arXiv:1610.02391.) An image of less than 160 pixels is upsampled by a whole factor to at least \
            320 in the copy. Nothing that exists is overwritten without --force.

            EXAMPLES
              cvtool explain photo.jpg
              cvtool explain photo.jpg --class 'tabby' -o tabby.png
              cvtool explain photos/ -w run/best.safetensors -o heat/
              cvtool explain photo.jpg -m resnet20-cifar10 --layer layer2
              cvtool activations --list       the layers of the network

            EXIT CODES
              0    all inputs done
              1    failed
              2    some of several inputs failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C); what was done until then is kept
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Network") var classifier: ClassifierOptions

    @Option(
        name: .customLong("class"),
        help: .init(
            "The class to explain: a name, or a number from 0. (default: the most probable)", valueName: "class"))
    var label: String?

    @Option(
        help: .init(
            "The layer whose feature maps are weighted: as its weights are named, or a block of layers. (default: the "
                + "last one with feature maps)", valueName: "name"))
    var layer: String?

    @Option(help: .init("Opacity of the heat map, 0 to 1.", valueName: "part"))
    var opacity: Float = 0.6

    @Option(
        name: .shortAndLong,
        help: .init(
            "A folder for the results (made if missing), or for one input the name of the written image. "
                + "(default: the current folder)", valueName: "path"))
    var output: String?

    @Flag(help: "Print JSON instead: for each input one object on one line, also if it failed.")
    var json = false

    @OptionGroup var writing: ImageWritingOptions

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws {
        try checkNumber("--opacity", opacity, in: 0...1)
        try checkAreNames(["-o": output], besides: "the list of classes")
    }

    func run() throws { try perform { try ExplainRun(self).run() } }
}
