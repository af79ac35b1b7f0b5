import ArgumentParser
import CVCore

/// `cvtool activations`: parses and checks; `ActivationsRun` does the work.
struct ActivationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activations",
        abstract: "Show the patches that activate a unit of a network most.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Finds the maximally activating patches of one unit, one per image, and writes them side by side as a contact \
            sheet (Zeiler & Fergus 2013, arXiv:1311.2901). A unit is one channel of a layer. Units of the first layers \
            respond to edges and colors, those of later layers to parts of objects, those of the last layers to \
            objects. Prints a line for each patch, the strongest first, such as

              photo.jpg: 4.21 at 80 121 112 153

            with the unit's activation, and the patch's left, top, right and bottom edge, in pixels of the upright image.

            EXAMPLES
              cvtool activations --list
              cvtool activations photos/ --layer layer1.0.bn1 --unit 3 -m resnet20-cifar10
              cvtool activations photos/ --layer layer2 --unit 7 -m resnet20-cifar10 \\
                --top 16 -o unit7.png

            EXIT CODES
              0    all inputs done
              1    failed
              2    some of several inputs failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C): the sheet shows the images done until then
            """)

    @Argument(help: .init(InputOptions.help))
    var inputs: [String] = []

    @OptionGroup(title: "Network") var classifier: ClassifierOptions

    @Flag(help: "List the layers and the blocks of the network instead, with the size of their feature maps.")
    var list = false

    @Option(
        help: .init("The layer, as its weights are named, or a block of layers, such as layer2.", valueName: "name"))
    var layer: String?

    @Option(help: .init("The channel of the layer, from 0.", valueName: "n"))
    var unit: Int?

    @Option(help: .init("How many patches, 1 to 100.", valueName: "n"))
    var top = 9

    @Option(
        name: .shortAndLong,
        help: .init(
            "The contact sheet, a .png or .jpg. (default: LAYER_UNIT.png in the current folder)", valueName: "file"))
    var output: String?

    @Flag(help: "Overwrite the sheet if it exists.")
    var force = false

    @Flag(help: "Print JSON instead: for each patch one object on one line.")
    var json = false

    @Flag(help: "Search folders recursively.")
    var recursive = false

    @OptionGroup var images: ImageOptions

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws {
        try checkNumber("--top", top, in: 1...100)
        try checkIsImage("-o", output)
        if list { return }
        if layer == nil || unit == nil {
            throw ValidationError("--layer NAME and --unit NUMBER are expected; --list shows the layers.")
        }
        if inputs.isEmpty { throw ValidationError("Images to search are expected, such as a folder.") }
    }

    func run() throws { try perform { try list ? ActivationsRun(self).list() : ActivationsRun(self).run() } }
}
