import CLISupport
import CVCore
import CVDetection
import CVImage

/// One run of `cvtool detect`: over the inputs one by one, so that memory does not grow with their number.
struct DetectRun {
    private let command: DetectCommand
    private let output: DetectOutputOptions
    private let timing = Timing()
    private let written = WrittenFiles()

    init(_ command: DetectCommand) {
        self.command = command
        output = command.output
    }

    private typealias Plan = OutputPlan<DetectPaths>

    /// - Throws: a `ToolkitError` for what makes the whole run impossible: known before any work is done, but for
    ///   standard output that cannot be written.
    func run() throws -> ExitStatus {
        try untilOutputIsClosed(runAll)
    }

    private func runAll() throws -> ExitStatus {
        timing.beginProcess()
        let plan = try plan()
        let jobs = plan.jobs
        let finder = try timing.measure("weights", makeFinder)
        let options = try command.report.options(labels: finder.labels, defaults: finder.defaultOptions)
        var coco = try CocoOutput(output, jobs.map(\.name), labels: finder.labels)
        try plan.makeFolders()

        var nothing: String?
        let loop = InputLoop(title: "detect", json: output.json, quiet: output.common.quiet)
        let summary = try loop.run(jobs, nothing: nothing) { job in
            // Before the work: an image that the annotations do not list fails alone.
            let id = job.paths == nil ? nil : try coco?.id(of: job.name)
            let (record, found) = try process(job, finder, options)
            nothing = found.objects.isEmpty && !output.json ? found.nothing(options) : nil
            if let id { coco?.results.append(record.results, imageID: id) }
            return record
        }
        if let coco {
            for (path, text) in coco.files { try write(text, path == output.coco ? .coco : .cocoImages, to: path) }
            if !output.common.quiet, let remark = coco.remark { StandardError.write(remark + "\n") }
        }
        return loop.end(
            summary, wrote: written.text(folder: plan.destination.folder), timing: output.common.timing ? timing : nil)
    }

    private func makeFinder() throws -> any ObjectFinder {
        if let finder = try command.windows.makeFinder() { return finder }
        return try command.model.makeDetector()
    }

    private func plan() throws -> Plan {
        var files = command.input.files
        command.model.addFiles(to: &files)
        files.read(weights: command.windows.classifier)
        files.read(output.annotations)
        files.write(output.coco, by: "--coco")
        files.write(output.cocoImages, by: "--coco")
        return try Plan(
            command.input.expanded, endings: DetectPaths.endings, output: output.output,
            force: output.common.writing.force, quiet: output.common.quiet, files: files,
            paths: { DetectPaths($0, output, $1) })
    }

    private func process(
        _ job: InputJob<DetectPaths>, _ finder: any ObjectFinder, _ options: DetectionOptions
    ) throws -> (DetectionRecord, FoundObjects) {
        let image = try timing.measure("decode") { try command.input.images.read(job.input) }
        let found = try finder.find(image, options, timing)
        let record = DetectionRecord(input: job.name, width: image.width, height: image.height, results: found.objects)
        if let paths = job.paths { try write(record, image, paths) }
        return (record, found)
    }

    private func write(_ record: DetectionRecord, _ image: consuming Image, _ paths: DetectPaths) throws {
        let found = record.results
        if let path = paths.text {
            let text = YOLOText.text(
                found, width: image.width, height: image.height, includeConfidence: output.saveConf)
            try write(text, .text, to: path)
        }
        if let path = paths.voc {
            let text = VOCXML.text(
                found, fileName: FileSystem.name(of: record.input), width: image.width, height: image.height)
            try write(text, .voc, to: path)
        }
        for (number, detection) in found.enumerated() {
            guard let path = paths.crop(number + 1, label: detection.label) else { break }
            guard let crop = image.cropped(to: detection.box) else { continue }
            try output.common.writing.write(crop, to: path)
            written.add(.crop, path)
        }
        guard let path = paths.image else { return }
        timing.measure("draw") { draw(found, on: &image) }
        try timing.measure("encode") { try output.common.writing.write(image, to: path) }
        written.add(.image, path)
    }

    private func write(_ text: String, _ kind: WrittenFiles.Kind, to path: String) throws {
        try FileOutput.write(Array(text.utf8), to: path, overwrite: output.common.writing.force)
        written.add(kind, path)
    }

    private func draw(_ found: [Detection], on image: inout Image) {
        image.annotate(
            found.map { detection in
                let confidence = output.hideConf ? "" : " " + String(percent: Double(detection.confidence))
                return BoxAnnotation(
                    box: detection.box, label: output.hideLabels ? nil : detection.label + confidence,
                    color: Palette.color(forClass: detection.classIndex))
            }, lineWidth: output.lineWidth)
    }
}

extension Detection: ReportedResult {
    /// `dog 83% at 128 224 313 538`: label, confidence, and the box's corners in whole pixels.
    var text: String { "\(label.escapedForDisplay) \(String(percent: Double(confidence))) at \(box.corners)" }
}
