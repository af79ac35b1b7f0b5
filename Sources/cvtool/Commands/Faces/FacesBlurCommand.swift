import ArgumentParser
import CLISupport
import CVCore
import CVFaces
import CVImage

/// `cvtool faces blur`: parses and checks; `FacesBlurRun` does the work.
struct FacesBlurCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blur",
        abstract: "Make faces unrecognizable, and leave the rest as it is.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            photo.jpg gives photo_blurred.jpg in the current folder. Of a JPEG only the blocks that a face touches are \
            coded anew: all others stay as they are, to the bit. Previews, notes of the camera's maker and other parts of \
            the file that may show the faces are removed. A PNG keeps its other pixels, but none of its texts.

            Look at the results: a face that is not found stays. --min-size and --threshold find more; a box hides more \
            than a blur, which can partly be sharpened again.

            EXAMPLES
              cvtool faces blur photo.jpg
              cvtool faces blur street/ --recursive -o public/ --drop-location
              cvtool faces blur crowd.jpg --style box --min-size 10
              cvtool faces blur photo.png --style pixelate --margin 0.3

            EXIT CODES
              0    all inputs done, also when no face was found
              1    failed
              2    some of several inputs failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C); what was done until then is kept
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "What to find") var finding: FaceFindingOptions

    @Option(
        help: .init(
            "Minimum confidence, 0 to 1. It is low: rather a blurred flower than a face that is seen.", valueName: "p"))
    var threshold: Float = 0.5

    @Option(
        help: .init(
            "How: \(Redaction.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "style"))
    var style: Redaction = .gaussian

    @Option(help: .init("Share of a face's sides that is added at each edge.", valueName: "share"))
    var margin: Float = 0.15

    @Flag(help: "Remove the position where the photograph was made: GPS in EXIF, and XMP.")
    var dropLocation = false

    @Option(
        name: .shortAndLong,
        help: .init(
            "A folder for the results (made if missing), or for one input the name of the image. (default: the current "
                + "folder)", valueName: "path"))
    var output: String?

    @Flag(help: "Print JSON instead: for each input one object on one line, also if it failed or shows nothing.")
    var json = false

    @OptionGroup var common: ResultOutputOptions

    func validate() throws {
        try checkNumber("--threshold", threshold, in: 0...1)
        try checkNumber("--margin", margin, in: 0...10)
        try checkAreNames(["-o": output], besides: "the list of faces")
    }

    func run() throws { try perform(threads: finding.threads) { try FacesBlurRun(self).run() } }
}

extension Redaction: ExpressibleByArgument {}

/// The name of the image that is written for one input of `cvtool faces blur`.
struct BlurredPaths: OutputPaths {
    static let endings = OutputEndings(endings: ["_blurred"])
    let image: String

    func planned(for input: String) -> [PlannedOutput] { [PlannedOutput(input: input, path: image)] }
}

/// One run of `cvtool faces blur`: over the inputs one by one.
struct FacesBlurRun {
    private let command: FacesBlurCommand
    private let written = WrittenFiles()

    init(_ command: FacesBlurCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus { try untilOutputIsClosed(runAll) }

    private func runAll() throws -> ExitStatus {
        var files = command.input.files
        command.finding.addFiles(to: &files)
        let plan = try OutputPlan(
            command.input.expanded, endings: BlurredPaths.endings, output: command.output,
            force: command.common.writing.force, quiet: command.common.quiet, files: files
        ) { BlurredPaths(image: $1.imagePath(for: $0, ending: "_blurred")) }
        let detector = try command.finding.makeDetector()
        var options = FaceDetectionOptions()
        (options.confidence, options.minimumSize) = (command.threshold, Float(command.finding.minSize))
        try plan.makeFolders()
        let loop = InputLoop(title: "blur", json: command.json, quiet: command.common.quiet)
        let nothing = "no face found; the image is written as it is"
        let summary = try loop.run(plan.jobs, nothing: command.json ? nil : nothing) { job in
            try process(job, detector, options)
        }
        return loop.end(summary, wrote: written.text(folder: plan.destination.folder))
    }

    private func process(
        _ job: InputJob<BlurredPaths>, _ detector: FaceDetector, _ options: FaceDetectionOptions
    ) throws -> FaceRecord {
        let bytes = try command.input.images.bytes(of: job.input)
        var image = try command.input.images.decode(bytes, name: job.name)
        let faces = try detector.detect(image, options: options)
        let parts = image.redact(faces.map(\.box), by: command.style, margin: command.margin)
        if let path = job.paths?.image {
            try write(image, parts, bytes, name: job.name, to: path)
            written.add(.blurred, path)
        }
        return FaceRecord(input: job.name, width: image.width, height: image.height, results: faces)
    }

    private func write(_ image: Image, _ parts: [Box], _ bytes: [UInt8], name: String, to path: String) throws {
        let writing = command.common.writing
        if let file = edited(image, parts, bytes, name: name, path) {
            return try FileOutput.write(file, to: path, overwrite: writing.force)
        }
        try writing.write(image, to: path)
    }

    /// The file with only the parts coded anew; nil where that cannot be.
    private func edited(_ image: Image, _ parts: [Box], _ bytes: [UInt8], name: String, _ path: String) -> [UInt8]? {
        guard case .jpeg? = FileSystem.suffix(of: path).flatMap(ImageFileFormat.init(pathExtension:)),
            let redaction = JPEGRedaction(data: bytes, options: command.input.images.decoding, name: name)
        else { return nil }
        do throws(ImageError) {
            return try redaction.file(replacing: parts, with: image, removesLocation: command.dropLocation)
        } catch {
            warn("\(error.description); all of the image is coded anew")
            return nil
        }
    }
}
