import ArgumentParser
import CLISupport
import CVCore
import CVLandmarks

/// `cvtool landmarks`: parses and checks; `LandmarksRun` does the work.
struct LandmarksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "landmarks",
        abstract: "Find the landmarks of a face, or of another object.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Prints a line for each object, and writes a copy of each image with its points and the lines between them: \
            face.jpg gives face_landmarks.jpg in the current folder. A line such as

              face.jpg: 68 points 93% in 31 42 101 120

            gives the confidence and the box around the points. --json has all points, in pixels from the top left corner \
            of the upright image. Nothing that exists is overwritten without --force.

            Faces are found first; with --whole each image is one object, such as a face that was cut out.

            The 68 points are those of 300-W (iBUG). The weights face-mesh find the surface of the face instead: 468 points \
            with their depth, as [x, y, z] in --json, z in pixels, less being nearer; --points 68 chooses those that stand for the \
            68. Weights that cvtool train landmarks has written have points of their own.

            EXAMPLES
              cvtool landmarks group.jpg
              cvtool landmarks face.jpg --whole
              cvtool landmarks faces/ --whole --json --no-image
              cvtool landmarks face.jpg --whole --indices -o points.png
              cvtool landmarks faces/ --whole --aligned aligned/
              cvtool landmarks hand.jpg --whole -w run/best.safetensors
              cvtool landmarks group.jpg --weights face-mesh
              cvtool landmarks face.jpg -w face-mesh --contours -o lines.png
              cvtool landmarks face.jpg -w face-mesh --points 68 --json

            \(ExitStatus.help(
                success: "all inputs done, also when nothing was found in them",
                partial: "some of several inputs failed; the others are done",
                interrupted: "what was done until then is kept"))
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Network") var model: LandmarkDetectorOptions
    @OptionGroup(title: "Output") var output: LandmarksOutputOptions

    func run() throws { try perform(threads: model.threads) { try LandmarksRun(self).run() } }
}

/// How thorough a search is.
struct LandmarkSearchOptions: ParsableArguments {
    private static let usual = LandmarkOptions()

    @Option(
        help: .init(
            "How often the network looks at an object: each time at the square around what it found before.",
            valueName: "n"))
    var passes = usual.passes

    @Flag(help: "Do not look at the mirror image as well: takes less time, and is a little less exact.")
    var noFlip = false

    func validate() throws { try checkNumber("--passes", passes, in: 1...10) }

    var options: LandmarkOptions { LandmarkOptions(passes: passes, mirrored: !noFlip) }
}

/// The network, and where it looks.
struct LandmarkDetectorOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init(
            "A model by name (see cvtool weights list), or a .safetensors file, such as cvtool train landmarks writes.",
            valueName: "name|file"))
    var weights = LandmarkDetector.defaultModel

    @Option(
        help: .init(
            "Of a face mesh: all points, or 68 of them that stand for those of 300-W.", valueName: "all|68"))
    var points = LandmarkPoints.all

    @Flag(help: "Each image is one object, such as a face that was cut out: no face is looked for.")
    var whole = false

    @OptionGroup var search: LandmarkSearchOptions

    @Option(help: .init("Minimum confidence, 0 to 1.", valueName: "p"))
    var conf = 0.0

    @OptionGroup var threads: ComputingOptions

    func validate() throws {
        try checkNumber("--conf", conf, in: 0...1)
    }
}

/// A value of `--points`.
enum LandmarkPoints: String, ExpressibleByArgument, CaseIterable {
    case all
    case ibug68 = "68"

    /// The detector for these points.
    ///
    /// - Throws: `LandmarkPointsError` if the network does not find them.
    func detector(_ detector: LandmarkDetector, weights: String) throws(LandmarkPointsError) -> LandmarkDetector {
        guard self == .ibug68 else { return detector }
        guard let reduced = detector.reduced(to: .ibug68) else {
            throw LandmarkPointsError(weights: weights, count: detector.scheme.points.count)
        }
        return reduced
    }
}

/// The 68 points are not among those of a network.
struct LandmarkPointsError: ToolkitError {
    let weights: String
    let count: Int

    var description: String {
        "\(weights.escapedForDisplay): it is not known which of its \(pluralized(count, "point")) stand for the 68 of 300-W, "
            + "which --points 68 asks for; those of face-mesh are"
    }
    var category: ErrorCategory { .usage }
}

/// What `cvtool landmarks` writes, and where.
struct LandmarksOutputOptions: ParsableArguments {
    @OptionGroup var annotated: AnnotatedOutputOptions

    @Flag(help: "Draw the index of each point beside it.")
    var indices = false

    @Flag(help: "Draw the points without the lines between them.")
    var noContours = false

    @Flag(help: "Draw the lines of the parts without the points, and of a face mesh without its triangles.")
    var contours = false

    @Option(
        help: .init(
            "Write each object upright and in one size to this folder, its eyes always at the same positions: "
                + "face_aligned1.jpg.", valueName: "folder"))
    var aligned: String?

    @Option(help: .init("Side of the images of --aligned in pixels.", valueName: "n"))
    var alignedSize = 256

    /// How all commands write results.
    var common: ResultOutputOptions { annotated.common }

    func validate() throws {
        try checkNumber("--aligned-size", alignedSize, in: 16...4096)
        if contours, noContours { throw ValidationError("--contours and --no-contours exclude each other.") }
        try checkAreNames(["-o": annotated.path, "--aligned": aligned], besides: "the list of objects")
    }
}

/// The names of the files that belong to one input.
struct LandmarksPaths: OutputPaths {
    static let endings = OutputEndings(endings: ["_landmarks"], series: "_aligned")

    let image: String?
    private let aligned: String?

    init(_ input: String, _ options: LandmarksOutputOptions, _ destination: OutputDestination) {
        image = options.annotated.noImage ? nil : destination.imagePath(for: input, ending: "_landmarks")
        let stem = input == "-" ? "stdin" : FileSystem.stem(of: input)
        aligned = options.aligned.map { FileSystem.join($0, stem + "_aligned") }
    }

    /// The path of the aligned crop of object `number`, from 1: `face_aligned1.jpg`.
    func aligned(_ number: Int) -> String? { aligned.map { "\($0)\(number).jpg" } }

    func planned(for input: String) -> [PlannedOutput] {
        (image.map { [PlannedOutput(input: input, path: $0)] } ?? [])
            + (aligned.map { [PlannedOutput(input: input, path: $0, isSeries: true)] } ?? [])
    }
}
