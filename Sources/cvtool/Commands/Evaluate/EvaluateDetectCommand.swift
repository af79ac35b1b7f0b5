import ArgumentParser
import CLISupport
import CVCore
import CVDetection

/// `cvtool evaluate detect`: parses and checks; `EvaluateDetectRun` does the work.
struct EvaluateDetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Evaluate a detector, or its results, by the numbers of COCO.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA is a data set for detection: a folder in the form of Pascal VOC, YOLO, COCO or CSV, a data.yaml, or a .json file of \
            COCO with its images beside it or in images/.

            Prints the twelve numbers of COCO, those of pycocotools: average precision (AP) and recall (AR), for small \
            (below 32² pixels), medium and large objects (from 96² on), and with at most 1, 10 and 100 results an image and class. \
            Then for each class its AP and the threshold of the score that has the best F1, and what the detector loses by each \
            kind of error (TIDE): a wrong class, a wrong box, both, duplicates, objects where there is background, and missed objects.

            --results evaluates a file of results in COCO's format instead of a network: [{"image_id", "category_id", "bbox": \
            [x, y, width, height], "score"}, …]. The numbers of images and classes are those of the .json file; in other sets \
            they are those that cvtool dataset convert --to coco gives.

            EXAMPLES
              cvtool evaluate detect val.json --weights run/best.safetensors
              cvtool evaluate detect coco/instances.json --results found.json
              cvtool evaluate detect bccd/ -w best.safetensors --split val
              cvtool evaluate detect data.yaml -w best.safetensors --json
              cvtool evaluate detect bccd/ -w best.safetensors --split val \\
                --curves pr.png --confusion c.png --breakdown tide.png
              cvtool evaluate detect bccd/ -w best.safetensors --errors worst/

            \(ExitStatus.help(partial: "some of the images could not be used; the others are counted"))
            """)

    @Argument(help: "A folder, a data.yaml, or a .json file of COCO.")
    var data: String

    @OptionGroup(title: "Network") var model: DetectorOptions
    @OptionGroup(title: "Network") var computing: ComputingOptions

    @Option(help: .init("Evaluate these results in COCO's format instead of a network.", valueName: "file.json"))
    var results: String?

    @Option(help: .init("Minimum confidence: low, so that the whole curve is measured.", valueName: "p"))
    var conf: Float = 0.001

    @Option(
        help: .init(
            "Of two boxes of a class that overlap by more than this, the less confident is dropped. (default: "
                + "\(DetectionOptions.ssd.iouThreshold)) With networks that are no SSD "
                + "\(DetectionOptions().iouThreshold).", valueName: "p"))
    var iou: Float?

    @Option(help: .init("Maximum number of results per image; the most confident are kept.", valueName: "n"))
    var maxDet = 300

    @OptionGroup(title: "Images") var selection: SplitOptions
    @OptionGroup(title: "Output") var output: DetectionEvaluationOutput

    func validate() throws {
        if results != nil, model.namesDetector {
            throw ValidationError("--results goes without --model, --weights, --names and --imgsz.")
        }
        try checkNumber("--conf", conf, in: 0...1)
        try checkNumber("--iou", iou, in: 0...1)
        try checkNumber("--max-det", maxDet, in: 1...)
        try model.checkWeights()
    }

    /// How objects are read from the outputs of the network.
    ///
    /// - Parameter defaults: of the network.
    func options(defaults: DetectionOptions) -> DetectionOptions {
        var options = defaults
        (options.confidence, options.maxDetections) = (conf, maxDet)
        options.iouThreshold = iou ?? defaults.iouThreshold
        return options
    }

    func run() throws { try perform(threads: computing) { try EvaluateDetectRun(self).run() } }
}

/// The outputs of `cvtool evaluate detect`.
struct DetectionEvaluationOutput: ParsableArguments {
    @Option(help: .init("Write precision over recall, and F1 over the threshold, as an image.", valueName: "file"))
    var curves: String?

    @Option(
        help: .init(
            "Write the confusion matrix, with the background, at the best threshold of each class as an image.",
            valueName: "file"))
    var confusion: String?

    @Option(help: .init("Write what each kind of error costs as an image.", valueName: "file"))
    var breakdown: String?

    @Option(
        help: .init(
            "Write the images with the most errors to this folder: what was found rightly in green, wrong results in red, "
                + "missed objects in orange.", valueName: "folder"))
    var errors: String?

    @Option(help: .init("Number of images of --errors.", valueName: "n"))
    var count = 20

    @Option(help: .init("Write the results of the network in COCO's format.", valueName: "file.json"))
    var coco: String?

    @Flag(help: "Print all numbers as one JSON object instead.")
    var json = false

    @Flag(help: "Overwrite files.")
    var force = false

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws {
        try checkIsImage("--curves", curves)
        try checkIsImage("--confusion", confusion)
        try checkIsImage("--breakdown", breakdown)
        try checkNumber("--count", count, in: 1...1000)
        try checkAreNames(["--coco": coco, "--errors": errors], besides: "the numbers")
    }
}
