import ArgumentParser
import CLISupport
import CVCore
import CVFaces
import CVImage

/// `cvtool faces crop`: parses and checks; `FacesCropRun` does the work.
struct FacesCropCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crop",
        abstract: "Write each face as an image of its own.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            photo.jpg gives photo_face1_crop.jpg, photo_face2_crop.jpg, … in the current folder, the largest face first. \
            --aligned turns and scales each face so that its eyes and mouth lie where the networks that compare faces expect \
            them.

            EXAMPLES
              cvtool faces crop photo.jpg
              cvtool faces crop photos/ --recursive --margin 0.5 -o faces/
              cvtool faces crop photos/ --aligned --size 224 -o faces/

            EXIT CODES
              0    all inputs done, also when no face was found
              1    failed
              2    some of several inputs failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C); what was done until then is kept
            """)

    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "What to find") var finding: FaceFindingOptions

    @Option(help: .init("Share of a face's sides that is added at each edge.", valueName: "share"))
    var margin: Float = 0.3

    @Flag(help: "Turn and scale each face to the same place of its eyes and mouth.")
    var aligned = false

    @Option(help: .init("Side of an aligned face in pixels.", valueName: "n"))
    var size: Int = FaceTemplate.arcFace.side

    @Option(
        name: .shortAndLong,
        help: .init("A folder for the images, made if missing. (default: the current folder)", valueName: "folder"))
    var output: String?

    @Flag(help: "Print JSON instead: for each input one object on one line, also if it failed or shows nothing.")
    var json = false

    @OptionGroup var common: ResultOutputOptions

    func validate() throws {
        try checkNumber("--margin", margin, in: 0...10)
        try checkNumber("--size", size, in: 1...4096)
        try checkAreNames(["-o": output], besides: "the list of faces")
    }

    func run() throws { try perform(threads: finding.threads) { try FacesCropRun(self).run() } }
}

/// What the names of the images of one input begin with.
struct FaceCropPaths: OutputPaths {
    static let endings = OutputEndings(endings: [], series: "_face")
    let start: String

    func path(_ number: Int) -> String { "\(start)\(number)_crop.jpg" }

    func planned(for input: String) -> [PlannedOutput] { [PlannedOutput(input: input, path: start, isSeries: true)] }
}

/// One run of `cvtool faces crop`: over the inputs one by one.
struct FacesCropRun {
    private let command: FacesCropCommand
    private let written = WrittenFiles()

    init(_ command: FacesCropCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus { try untilOutputIsClosed(runAll) }

    private func runAll() throws -> ExitStatus {
        var files = command.input.files
        command.finding.addFiles(to: &files)
        let plan = try OutputPlan(
            command.input.expanded, endings: FaceCropPaths.endings, output: command.output.map { $0 + "/" },
            force: command.common.writing.force, quiet: command.common.quiet, files: files
        ) { FaceCropPaths(start: $1.path(for: $0, ending: "_face")) }
        let detector = try command.finding.makeDetector()
        var options = FaceDetectionOptions()
        options.minimumSize = Float(command.finding.minSize)
        try plan.makeFolders()
        let loop = InputLoop(title: "crop", json: command.json, quiet: command.common.quiet)
        let summary = try loop.run(plan.jobs, nothing: command.json ? nil : "no face found") { job in
            let image = try command.input.images.read(job.input)
            let faces = try detector.detect(image, options: options)
            if let paths = job.paths { try write(faces, of: image, paths) }
            return FaceRecord(input: job.name, width: image.width, height: image.height, results: faces)
        }
        return loop.end(summary, wrote: written.text(folder: plan.destination.folder))
    }

    private func write(_ faces: [Face], of image: Image, _ paths: FaceCropPaths) throws {
        for (index, face) in faces.enumerated() {
            guard let crop = crop(face, of: image) else { continue }
            let path = paths.path(index + 1)
            try command.common.writing.write(crop, to: path)
            written.add(.crop, path)
        }
    }

    private func crop(_ face: Face, of image: Image) -> Image? {
        guard command.aligned else { return image.cropped(to: face.box.widened(by: command.margin)) }
        return FaceTemplate.arcFace.scaled(to: command.size).aligned(face, in: image)
    }
}

extension FaceTemplate {
    /// The same places in an image of another size.
    fileprivate func scaled(to side: Int) -> FaceTemplate {
        let scale = Float(side) / Float(self.side)
        return FaceTemplate(
            name: name, side: side, points: points.mapValues { Point(x: $0.x * scale, y: $0.y * scale) })
    }
}
