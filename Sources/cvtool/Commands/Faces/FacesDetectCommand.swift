import ArgumentParser
import CLISupport
import CVCore
import CVFaces
import CVImage

/// `cvtool faces detect`: parses and checks; `FacesDetectRun` does the work.
struct FacesDetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Find the faces in images, with their eyes, nose and mouth.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Prints a line for each face, the largest first, and writes an annotated copy of each image: photo.jpg gives \
            photo_faces.jpg in the current folder. A line such as

              photo.jpg: face 93% at 128 224 313 538

            gives the confidence and the box: its left, top, right and bottom edge, in pixels from the top left \
            corner of the upright image. Records of --json have the points, too: right and left are the person's. Nothing \
            that exists is overwritten without --force.

            EXAMPLES
              cvtool faces detect photo.jpg
              cvtool faces detect photos/ --recursive -o results/
              cvtool faces detect crowd.jpg --min-size 12
              cvtool faces detect photo.jpg --json --no-image
              cat photo.jpg | cvtool faces detect - -o found.png

            EXIT CODES
              0    all inputs done, also when nothing was found in them
              1    failed
              2    some of several inputs failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C); what was done until then is kept
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "What to find") var finding: FaceFindingOptions

    @Option(
        help: .init(
            "Minimum confidence, 0 to 1. Lower finds more faces, and takes more of other things for one. (default: by "
                + "the network; for yunet 0.8, up to 0.85 only where another network agrees)", valueName: "p"))
    var threshold: Float?

    @OptionGroup var output: AnnotatedOutputOptions

    func validate() throws {
        try checkNumber("--threshold", threshold, in: 0...1)
        try checkAreNames(["-o": output.path], besides: "the list of faces")
    }

    func run() throws { try perform(threads: finding.threads) { try FacesDetectRun(self).run() } }
}

/// One run of `cvtool faces detect`: over the inputs one by one.
struct FacesDetectRun {
    private let command: FacesDetectCommand
    private let timing = Timing()
    private let written = WrittenFiles()

    init(_ command: FacesDetectCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus { try untilOutputIsClosed(runAll) }

    private func runAll() throws -> ExitStatus {
        timing.beginProcess()
        var files = command.input.files
        command.finding.addFiles(to: &files)
        let plan = try command.output.plan(command.input, ending: "_faces", files)
        let detector = try timing.measure("weights", command.finding.makeDetector)
        var options = FaceDetectionOptions()
        (options.confidence, options.minimumSize) = (command.threshold, Float(command.finding.minSize))
        try plan.makeFolders()
        let nothing =
            "no face found with at least "
            + String(percent: Double(options.confidence ?? detector.defaultConfidence)) + " (--threshold) and "
            + "\(command.finding.minSize) pixels (--min-size)"
        let loop = InputLoop(title: "faces", json: command.output.json, quiet: command.output.common.quiet)
        let summary = try loop.run(plan.jobs, nothing: command.output.json ? nil : nothing) { job in
            try process(job, detector, options)
        }
        return loop.end(
            summary, wrote: written.text(folder: plan.destination.folder),
            timing: command.output.common.timing ? timing : nil)
    }

    private func process(
        _ job: InputJob<AnnotatedPath>, _ detector: FaceDetector, _ options: FaceDetectionOptions
    ) throws -> FaceRecord {
        var image = try timing.measure("decode") { try command.input.images.read(job.input) }
        let faces = try timing.measure("faces") { try detector.detect(image, options: options) }
        if let path = job.paths?.image {
            timing.measure("draw") { image.annotate(faces) }
            try timing.measure("encode") { try command.output.common.writing.write(image, to: path) }
            written.add(.image, path)
        }
        return FaceRecord(input: job.name, width: image.width, height: image.height, results: faces)
    }
}

extension Face: ReportedResult {
    /// `face 93% at 128 224 313 538`: the confidence, and the box's corners in whole pixels.
    var text: String { "face \(String(percent: Double(confidence))) at \(box.corners)" }
}
