import CLISupport
import CVCore
import CVFaces
import CVImage
import CVLandmarks

/// One run of `cvtool landmarks`: over the inputs one by one, so that memory does not grow with their number.
struct LandmarksRun {
    private let command: LandmarksCommand
    private let output: LandmarksOutputOptions
    private let timing = Timing()
    private let written = WrittenFiles()

    init(_ command: LandmarksCommand) {
        self.command = command
        output = command.output
    }

    private typealias Plan = OutputPlan<LandmarksPaths>

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus {
        try untilOutputIsClosed(runAll)
    }

    private func runAll() throws -> ExitStatus {
        timing.beginProcess()
        let plan = try plan()
        let detector = try timing.measure("weights") {
            try command.model.points.detector(
                LandmarkDetector(command.model.weights), weights: command.model.weights)
        }
        let faces = command.model.whole ? nil : try FaceDetector()
        if output.aligned != nil, detector.scheme.eyes == nil { throw AlignmentError(command.model.weights) }
        try plan.makeFolders()
        let loop = InputLoop(title: "landmarks", json: output.annotated.json, quiet: output.common.quiet)
        let summary = try loop.run(plan.jobs, nothing: nothing) { try process($0, detector, faces) }
        return loop.end(
            summary, wrote: written.text(folder: plan.destination.folder), timing: output.common.timing ? timing : nil)
    }

    private var nothing: String? {
        if output.annotated.json { return nil }
        let what = command.model.whole ? "nothing found" : "no face found"
        // With 0, the usual, any found face would do.
        guard command.model.conf > 0 else { return what }
        return "\(what) with a confidence of at least \(short(command.model.conf)) (--conf)"
    }

    private func plan() throws -> Plan {
        var files = command.input.files
        files.read(weights: command.model.weights)
        if !command.model.whole { files.read(weights: FaceDetector.defaultModel) }
        return try Plan(
            command.input.expanded, endings: LandmarksPaths.endings, output: output.annotated.path,
            force: output.common.writing.force, quiet: output.common.quiet, files: files,
            paths: { LandmarksPaths($0, output, $1) })
    }

    private func process(
        _ job: InputJob<LandmarksPaths>, _ detector: LandmarkDetector, _ faces: FaceDetector?
    ) throws -> LandmarkRecord {
        let image = try timing.measure("decode") { try command.input.images.read(job.input) }
        let found = try timing.measure("network") {
            try find(image, detector, faces)
        }.filter { Double($0.confidence) >= command.model.conf }
        let record = LandmarkRecord(input: job.name, width: image.width, height: image.height, results: found)
        if let paths = job.paths { try write(found, image, paths, detector.scheme) }
        return record
    }

    /// The one object of the image, or the landmarks of each face.
    private func find(
        _ image: Image, _ detector: LandmarkDetector, _ faces: FaceDetector?
    ) throws -> [Landmarks] {
        let options = command.model.search.options
        guard let faces else { return [try detector.detect(image, options: options)] }
        return try faces.detect(image).map { try detector.detect(image, $0, options: options) }
    }

    private func write(
        _ found: [Landmarks], _ image: consuming Image, _ paths: LandmarksPaths, _ scheme: LandmarkScheme
    ) throws {
        for (number, object) in found.enumerated() {
            guard let path = paths.aligned(number + 1) else { break }
            guard let crop = image.aligned(object, scheme, side: output.alignedSize) else { continue }
            try output.common.writing.write(crop.withoutAlpha(), to: path)
            written.add(.aligned, path)
        }
        guard let path = paths.image else { return }
        timing.measure("draw") {
            let style = Image.LandmarkStyle(
                showsPoints: !output.contours, showsContours: !output.noContours,
                showsEdges: !output.contours && !output.noContours, showsIndices: output.indices)
            for object in found { image.draw(object, scheme, style: style) }
        }
        try timing.measure("encode") { try output.common.writing.write(image, to: path) }
        written.add(.image, path)
    }
}

/// Crops are aligned by eyes.
private struct AlignmentError: ToolkitError {
    let weights: String

    init(_ weights: String) { self.weights = weights }

    var description: String {
        "\(weights.escapedForDisplay): its points have no eyes, by which --aligned turns and scales objects"
    }
    var category: ErrorCategory { .usage }
}

extension Landmarks: ReportedResult {
    /// `68 points 93% in 31 42 101 120`: how many, the confidence, and the box around them in whole pixels.
    var text: String {
        "\(pluralized(points.count, "point")) \(String(percent: Double(confidence))) in \(bounds?.corners ?? "-")"
    }
}
