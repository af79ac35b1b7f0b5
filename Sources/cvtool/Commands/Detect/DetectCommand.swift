import ArgumentParser
import CLISupport
import CVCore
import CVDetection

/// `cvtool detect`: parses and checks; `DetectRun` does the work.
struct DetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Find the objects in images.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Prints a line for each object, and writes an annotated copy of each image: photo.jpg gives \
            photo_detect.jpg in the current folder. A line such as

              photo.jpg: dog 83% at 128 224 313 538

            gives the confidence and the box: its left, top, right and bottom edge, in pixels from the top left \
            corner of the upright image. Nothing that exists is overwritten without --force.

            EXAMPLES
              cvtool detect photo.jpg
              cvtool detect photos/ --recursive -o results/
              cvtool detect 'holiday/*.jpg' --classes person,dog --conf 0.4
              cvtool detect photo.jpg --json --no-image
              cvtool detect photo.jpg -m net.cfg -w net.weights --names net.names
              cat photo.jpg | cvtool detect - -o found.png

            WITH A CLASSIFIER
            --classifier finds objects with a network that was trained on images of single objects, such as \
            `cvtool train classify` makes: it classifies windows of several sizes, all in one pass over the \
            image. The minimum confidence is high, since a classifier assigns one of its classes to every window.

              cvtool detect photo.jpg --classifier run/best.safetensors
              cvtool detect photo.jpg --classifier resnet20-cifar10 --windows 64,96

            \(ExitStatus.help(
                success: "all inputs done, also when nothing was found in them",
                partial: "some of several inputs failed; the others are done",
                interrupted: "what was done until then is kept"))
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Network") var model: DetectorOptions
    @OptionGroup(title: "Network") var computing: ComputingOptions
    @OptionGroup(title: "Sliding windows") var windows: WindowOptions
    @OptionGroup(title: "What to report") var report: ReportOptions
    @OptionGroup(title: "Output") var output: DetectOutputOptions

    func validate() throws {
        if windows.classifier != nil, model.namesDetector {
            throw ValidationError("--classifier goes without --model, --weights, --names and --imgsz.")
        }
        try model.checkWeights()
    }

    func run() throws { try perform(threads: computing) { try DetectRun(self).run() } }
}

struct DetectorOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init(
            "A model by name, a .safetensors file, or a darknet .cfg. (default: \(Detector.defaultModel))",
            valueName: "name|file"))
    var model: String?

    @Option(
        name: .shortAndLong,
        help: .init("Weights for the model: .safetensors, or .weights for a .cfg.", valueName: "file"))
    var weights: String?

    @Option(help: .init("Labels of a darknet network, one a line.", valueName: "file"))
    var names: String?

    @Option(
        help: .init(
            "Size of the network's input in pixels: one side, or WIDTHxHEIGHT, rounded up to what the network needs "
                + "(for YOLO a multiple of 32). Larger takes longer; a YOLO network then finds smaller objects, SSD only objects of "
                + "other sizes. "
                + "(default: the model's own)", valueName: "size"),
        transform: InputSize.init)
    var imgsz: InputSize?

    func validate() throws {
        if !isDarknet, weights?.hasSuffix(".weights") ?? false {
            throw ValidationError("--weights \(weights!) needs --model FILE with its .cfg.")
        }
        if !isDarknet, names != nil { throw ValidationError("--names goes with a darknet --model FILE.cfg.") }
    }

    /// Whether the model is a `.cfg`, which is nothing without its `.weights`.
    var isDarknet: Bool { model?.hasSuffix(".cfg") ?? false }

    func checkWeights() throws {
        if isDarknet && weights == nil {
            throw ValidationError("--model \(model!) needs --weights FILE with its .weights.")
        }
    }

    /// Whether an option names or changes the network.
    var namesDetector: Bool { model != nil || weights != nil || names != nil || imgsz != nil }

    /// Adds the files of the network.
    func addFiles(to files: inout RunFiles) {
        files.read(weights: model ?? Detector.defaultModel)
        files.read(weights: weights)
        files.read(names)
    }

    func makeDetector() throws -> Detector {
        let detector =
            if let model, model.hasSuffix(".cfg"), let weights {
                try Detector(darknet: model, weights: weights, names: names)
            } else {
                try Detector(weights ?? model ?? Detector.defaultModel)
            }
        guard let imgsz else { return detector }
        return try detector.resized(width: imgsz.width, height: imgsz.height)
    }
}

/// `640` or `640x480`.
struct InputSize {
    let width, height: Int

    init(_ argument: String) throws {
        let sides = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count <= 2, let first = sides.first, let width = first, let height = sides.last ?? nil,
            (1...4096).contains(width), (1...4096).contains(height)
        else { throw ValidationError("a side, such as 640, or 640x480 is expected, each from 1 to 4096.") }
        (self.width, self.height) = (width, height)
    }
}

struct ReportOptions: ParsableArguments {
    @Option(
        help: .init(
            "Minimum confidence, 0 to 1. (default: \(DetectionOptions().confidence)) With --classifier "
                + "\(SlidingWindowDetector.defaultOptions.confidence).", valueName: "p"))
    var conf: Float?

    @Option(
        help: .init(
            "Of two boxes that overlap by more than this, the less confident is dropped. (default: "
                + "\(DetectionOptions.ssd.iouThreshold)) With networks that are no SSD "
                + "\(DetectionOptions().iouThreshold), with --classifier \(SlidingWindowDetector.defaultOptions.iouThreshold).",
            valueName: "p"))
    var iou: Float?

    @Option(help: .init("Maximum number of objects per image; the most confident are kept.", valueName: "n"))
    var maxDet = 300

    @Option(
        help: .init(
            "Report only these: names or numbers from 0, with commas between, such as person,dog. (default: all)",
            valueName: "classes"))
    var classes: [String] = []

    @Flag(help: "Let boxes of different classes suppress each other.")
    var agnostic = false

    func validate() throws {
        try checkNumber("--conf", conf, in: 0...1)
        try checkNumber("--iou", iou, in: 0...1)
        try checkNumber("--max-det", maxDet, in: 1...)
    }

    /// - Parameters:
    ///   - labels: of the network's classes.
    ///   - defaults: for options that are not given.
    /// - Throws: `ClassSelectionError` for an unknown class.
    func options(labels: [String], defaults: DetectionOptions) throws -> DetectionOptions {
        var options = defaults
        options.confidence = conf ?? defaults.confidence
        options.iouThreshold = iou ?? defaults.iouThreshold
        options.maxDetections = maxDet
        options.classAgnostic = agnostic
        options.classes = try ClassSelection.parse(classes, labels: labels)
        return options
    }
}
