import CLISupport
import CVCore
import CVDetection
import CVImage
import CVSegmentation

/// One run of `cvtool segment`: over the inputs one by one, so that memory does not grow with their number.
struct SegmentRun {
    private let command: SegmentCommand
    private let output: SegmentOutputOptions
    private let timing = Timing()
    private let written = WrittenFiles()

    init(_ command: SegmentCommand) {
        self.command = command
        output = command.output
    }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible: known before any work is done, but for
    ///   standard output that cannot be written.
    func run() throws -> ExitStatus {
        try untilOutputIsClosed(runAll)
    }

    private func runAll() throws -> ExitStatus {
        timing.beginProcess()
        let model = try timing.measure("weights") { try SegmentModel(command.model) }
        let kinds = try kinds(of: model)
        let plan = try OutputPlan(
            command.input.expanded, endings: SegmentPaths.endings, output: output.output,
            force: output.common.writing.force, quiet: output.common.quiet, files: files,
            paths: { try SegmentPaths($0, kinds, $1) })
        let backdrop = try command.images.background.map(backdrop)
        try plan.makeFolders()

        var polygons = PolygonDocument()
        polygons.tolerance = output.tolerance
        let loop = InputLoop(title: "segment", json: output.json, quiet: output.common.quiet)
        let summary = try loop.run(plan.jobs, nothing: model.nothing) { try process($0, model, backdrop, &polygons) }
        if let path = output.polygons {
            try FileOutput.write(Array(polygons.text.utf8), to: path, overwrite: output.common.writing.force)
            written.add(.polygons, path)
        }
        return loop.end(
            summary, wrote: written.text(folder: plan.destination.folder), timing: output.common.timing ? timing : nil)
    }

    private var files: RunFiles {
        var files = command.input.files
        files.read(weights: ShortNames.weights(command.model.model))
        files.read(weights: PersonSegmenter.detectorModel)
        files.read(command.images.background)
        files.write(output.polygons, by: "--polygons")
        return files
    }

    /// The images to write.
    private func kinds(of model: SegmentModel) throws -> [SegmentOutputImage] {
        if output.noImage { return [] }
        let asked = command.images.asked
        let needy: Set<SegmentOutputImage> = [.cutout, .mask, .background]
        if !model.hasForeground, let kind = asked.first(where: needy.contains) {
            throw SegmentUsageError.noForeground(option: kind.rawValue)
        }
        return asked.isEmpty ? [model.usualImage] : asked
    }

    private func backdrop(_ text: String) throws -> Backdrop {
        if text == "blur" { return .blurred }
        if let color = Color(text: text) { return .color(color) }
        if case .none = FileSystem.kind(of: text) { throw SegmentUsageError.backgroundNotFound(text) }
        return .image(try command.input.images.read(path: text))
    }

    private func process(
        _ job: InputJob<SegmentPaths>, _ model: SegmentModel, _ backdrop: Backdrop?, _ polygons: inout PolygonDocument
    ) throws -> SegmentationRecord {
        let image = try timing.measure("decode") { try command.input.images.read(job.input) }
        let finding = try model.found(in: image, timing)
        if output.polygons != nil {
            timing.measure("polygons") { polygons.append(finding.map, of: finding.outlined, input: job.name) }
        }
        for (kind, path) in job.paths?.images ?? [] {
            try write(kind, finding, image, backdrop, to: path)
        }
        return SegmentationRecord(
            input: job.name, width: image.width, height: image.height, results: finding.classes)
    }

    private func write(
        _ kind: SegmentOutputImage, _ finding: SegmentFinding, _ image: Image, _ backdrop: Backdrop?, to path: String
    ) throws {
        func write(_ kind: WrittenFiles.Kind, _ draw: () -> Image) throws {
            let image = timing.measure("draw", draw)
            try timing.measure("encode") { try output.common.writing.write(image, to: path) }
            written.add(kind, path)
        }
        func write(_ kind: WrittenFiles.Kind, _ mask: Mask, _ appearance: Mask.Appearance) throws {
            try timing.measure("encode") {
                try mask.write(to: path, as: appearance, overwrite: output.common.writing.force)
            }
            written.add(kind, path)
        }
        switch (kind, finding.matte, backdrop) {
        case (.overlay, _, _): try write(.overlay) { overlay(finding, on: image) }
        case (.palette, _, _):
            try write(.palette, finding.map.mask, .palette(finding.labels.colors))
        case (.cutout, let matte?, _): try write(.cutOut) { matte.cutOut(of: image) }
        case (.mask, let matte?, _): try write(.mask, matte.alpha, .gray)
        case (.background, let matte?, let backdrop?):
            try write(.background) { matte.composited(image, over: backdrop) }
        case (.cutout, nil, _), (.mask, nil, _), (.background, _, _):
            preconditionFailure("--\(kind.rawValue) was not refused")
        }
    }

    private func overlay(_ finding: SegmentFinding, on image: Image) -> Image {
        var image = image
        let (opacity, colors) = (command.images.opacity, finding.labels.colors)
        if finding.isPerson, let matte = finding.matte {
            image.overlay(mask: matte.alpha.values, color: colors[1], opacity: opacity)
            return image
        }
        image.overlay(finding.map.mask, opacity: opacity) { Int($0) < colors.count ? colors[Int($0)] : nil }
        let entries = finding.classes.sorted { ($0.share, $1.classIndex) > ($1.share, $0.classIndex) }.map {
            LegendEntry("\($0.label) \(String(percent: $0.share, decimals: 1))", color: colors[$0.classIndex])
        }
        if entries.count > 1 { image.drawLegend(entries) }
        return image
    }
}

extension SegmentedClass: ReportedResult {
    /// `person 34.2% at 128 24 313 538`: label, share of the image, and the box's corners in pixels.
    var text: String { "\(label.escapedForDisplay) \(String(percent: share, decimals: 1)) at \(box.corners)" }
}
