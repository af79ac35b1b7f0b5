import ArgumentParser
import CLISupport
import CVClassification
import CVCore
import CVImage
import CVTask

/// One run of `cvtool explain`.
struct ExplainRun {
    private let command: ExplainCommand
    private let written = WrittenFiles()

    init(_ command: ExplainCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus {
        let ending = "_explain"
        var files = command.input.files
        command.classifier.addFiles(to: &files)
        let plan = try OutputPlan(
            command.input.expanded, endings: OutputEndings(endings: [ending]), output: command.output,
            force: command.writing.force, quiet: command.quiet, files: files,
            paths: { ExplainPath(image: $1.imagePath(for: $0, ending: ending)) })
        let classifier = try command.classifier.makeClassifier()
        let label = try chosenClass(of: classifier)
        // Checked once, before the images.
        if let layer = command.layer { _ = try classifier.shape(ofLayer: layer) }
        try plan.makeFolders()
        let loop = InputLoop(title: "explain", json: command.json, quiet: command.quiet)
        return try untilOutputIsClosed {
            let summary = try loop.run(plan.jobs) { try explain($0, classifier, label) }
            return loop.end(summary, wrote: written.text(folder: plan.destination.folder))
        }
    }

    private func explain(
        _ job: InputJob<ExplainPath>, _ classifier: Classifier, _ label: Int?
    ) throws -> InputRecord<Explanation> {
        var image = try command.input.images.read(job.input)
        let map = try classifier.classActivation(of: image, class: label, layer: command.layer)
        // An input without paths has thrown when it was read.
        let path = job.paths!.image
        let record = InputRecord(
            input: job.name, width: image.width, height: image.height, results: [Explanation(map, image: path)])
        let factor = Self.upsampling(of: image)
        if factor > 1 {
            image = image.resized(width: image.width * factor, height: image.height * factor, filter: .bicubic)
        }
        draw(map, upsampledBy: factor, on: &image)
        try command.writing.write(image, to: path)
        written.add(.image, path)
        return record
    }

    private func chosenClass(of classifier: Classifier) throws -> Int? {
        guard let label = command.label else { return nil }
        do throws(ClassSelectionError) {
            return try ClassSelection.index(of: label, labels: classifier.labels)
        } catch {
            warn(error.text(option: "--class"))
            throw ExitCode(ExitStatus.usage.rawValue)
        }
    }

    /// The whole factor by which the written image is larger: on an image of 32 pixels neither the heat map nor the label
    /// would be visible.
    private static func upsampling(of image: Image) -> Int {
        let longerSide = max(image.width, image.height)
        return longerSide < 160 ? (320 + longerSide - 1) / longerSide : 1
    }

    private func draw(_ map: ClassActivationMap, upsampledBy factor: Int, on image: inout Image) {
        let (frame, scale) = (map.frame.box, Float(factor))
        image.overlay(
            heat: map.shares, columns: map.width, rows: map.height,
            frame: Box(
                minX: frame.minX * scale, minY: frame.minY * scale, maxX: frame.maxX * scale, maxY: frame.maxY * scale),
            opacity: command.opacity)
        image.drawTag(map.classification.text, x: 0, y: 0, color: Color(24, 12, 60))
    }
}

/// The image that is written for an input.
private struct ExplainPath: OutputPaths {
    let image: String

    func planned(for input: String) -> [PlannedOutput] { [PlannedOutput(input: input, path: image)] }
}

/// What `cvtool explain` reports about an image.
private struct Explanation: ReportedResult {
    static var listName: String { "explanations" }

    var text: String { classification.text }

    let classification: Classification
    let layer, image: String

    init(_ map: ClassActivationMap, image: String) {
        classification = map.classification
        layer = map.layer
        self.image = image
    }

    var json: JSONValue {
        [
            "label": .string(classification.label), "class": .integer(classification.index),
            "probability": JSONValue(classification.probability), "layer": .string(layer), "picture": .string(image),
        ]
    }
}
