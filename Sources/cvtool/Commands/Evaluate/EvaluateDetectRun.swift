import CLISupport
import CVCore
import CVDetection
import CVImage
import CVTask
import CVTraining

/// One run of `cvtool evaluate detect`.
struct EvaluateDetectRun {
    private let command: EvaluateDetectCommand
    private let output: DetectionEvaluationOutput

    init(_ command: EvaluateDetectCommand) { (self.command, output) = (command, command.output) }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let truth = try truth()
        try prepare(truth)
        if !output.quiet {
            StandardError.write(
                "\(command.data.escapedForDisplay): recognized as \(truth.format.title): \(pluralized(truth.images.count, "image")), "
                    + "\(pluralized(truth.objects.count, "object")), \(pluralized(truth.classes.count, "class", "classes"))\n"
            )
        }
        if let results = command.results {
            return try untilOutputIsClosed {
                let found = try COCOResultFile.read(results, imageIDs: truth.images.map(\.id), of: truth.path)
                warnAboutClasses(of: found, truth)
                try write(DetectionReport(truth, found, imageIDs: truth.images.map(\.id)))
                return .success
            }
        }
        let detector = try command.model.makeDetector()
        let categories = try categories(of: detector, truth)
        return try run(detector, categories, truth)
    }

    // MARK: Truth

    private func truth() throws -> DetectionTruth {
        let files = DetectionDataset.annotationFiles(of: command.data)
        let part = command.selection.split.part
        let chosen = files.filter { part == nil || $0.part == part || $0.part == nil && files.count == 1 }
        if files.count > 1, chosen.count != 1 {
            throw EvaluationInputError.severalFiles(command.data, files.map(\.path))
        }
        // With the numbers and the boxes of the file itself.
        if let file = chosen.first, part == nil || file.part == part {
            return try DetectionTruth(annotations: file.path)
        }
        let dataset = try DetectionDataset(contentsOf: command.data)
        dataset.report(quiet: output.quiet)
        return DetectionTruth(dataset, items: try command.selection.items(of: dataset.images, quiet: output.quiet))
    }

    private func prepare(_ truth: DetectionTruth) throws {
        var files = RunFiles()
        files.read([command.data] + truth.files)
        files.read(command.results)
        if command.results == nil { command.model.addFiles(to: &files) }
        files.write(output.curves, by: "--curves")
        files.write(output.confusion, by: "--confusion")
        files.write(output.breakdown, by: "--breakdown")
        files.write(output.coco, by: "--coco")
        if let folder = output.errors {
            // The names follow from the results: a folder that holds something is not mixed with them unasked.
            guard output.force || FileSystem.isMissingOrEmpty(folder) else {
                throw EvaluationInputError.folderInUse(folder, option: "--errors")
            }
        }
        try files.check(force: output.force)
        try files.makeFolders()
        if let folder = output.errors { try FileSystem.createFolder(folder) }
    }

    private func warnAboutClasses(of found: [ResultBox], _ truth: DetectionTruth) {
        let known = Set(truth.categoryIDs)
        let others = found.filter { !known.contains($0.categoryID) }
        guard let first = others.first else { return }
        warn(
            "\(command.results?.escapedForDisplay ?? ""): \(pluralized(others.count, "result")) of classes that \(truth.path.escapedForDisplay) does not "
                + "have, such as category_id \(first.categoryID); they do not count")
    }

    // MARK: Network

    private func categories(of detector: Detector, _ truth: DetectionTruth) throws -> [Int?] {
        let ids = truth.categoryIDs(of: detector.labels)
        guard ids.contains(where: { $0 != nil }) else {
            throw EvaluationInputError.otherClasses(command.data, truth.classes, detector.labels)
        }
        let known = Set(ids.compactMap(\.self))
        let lacking = zip(truth.categoryIDs, truth.classes).filter { !known.contains($0.0) }.map(\.1)
        if !lacking.isEmpty {
            warn(
                "the network has no class \(lacking.prefix(5).map { quoted($0) }.joined(separator: ", "))"
                    + "\(lacking.count > 5 ? " and \(lacking.count - 5) more" : "") of \(command.data.escapedForDisplay); its objects count as missed"
            )
        }
        return ids
    }

    private func run(_ detector: Detector, _ categories: [Int?], _ truth: DetectionTruth) throws -> ExitStatus {
        var broken = 0
        let status = try EvaluationProgress(images: truth.images.count, quiet: output.quiet).run(status: .success) {
            progress in
            var found: [ResultBox] = []
            var used: [Int] = []
            for (index, image) in truth.images.enumerated() {
                try progress(index)
                do {
                    found += try results(detector, categories, image)
                    used.append(image.id)
                } catch let error as any ToolkitError where !(error is NonFiniteOutput) {
                    broken += 1
                    if broken <= Self.shown { warn("\(error); left out") }
                }
            }
            try progress(truth.images.count)
            guard !used.isEmpty else { throw EvaluationInputError.noImages(command.data, broken) }
            return DetectionReport(truth, found, imageIDs: used)
        } write: {
            try write($0)
        }
        if broken > 0 { warn("\(broken) of \(pluralized(truth.images.count, "image")) cannot be used") }
        return status == .success && broken > 0 ? .partial : status
    }

    /// The number of broken images that are named.
    private static let shown = 20

    private func results(
        _ detector: Detector, _ categories: [Int?], _ image: DetectionTruth.NumberedImage
    ) throws -> [ResultBox] {
        guard let path = image.path else { throw DatasetError(image.name, .nothingThere(reason: "is not there")) }
        return try detector.detect(
            Image(contentsOf: path).withoutAlpha(), options: command.options(defaults: detector.defaultOptions)
        ).compactMap {
            found in
            categories[found.classIndex].map {
                ResultBox(
                    imageID: image.id, categoryID: $0, box: EvaluatedBox(found.box), score: Double(found.confidence))
            }
        }
    }

    // MARK: Outputs

    private func write(_ report: DetectionReport) throws {
        try write(report.curves, to: output.curves)
        try write(report.confusionMap, to: output.confusion)
        try write(report.breakdownPlot, to: output.breakdown)
        if let path = output.coco {
            try FileOutput.write(Array(report.resultText.utf8), to: path, overwrite: output.force)
            say(path)
        }
        if let folder = output.errors {
            let count = try report.writeWorst(output.count, to: folder, force: output.force)
            if !output.quiet {
                StandardError.write("wrote \(pluralized(count, "image")) to \(folder.escapedForDisplay)\n")
            }
        }
        try StandardOutput.write(output.json ? report.json.text + "\n" : report.text)
    }

    private func write(_ image: () -> Image, to path: String?) throws {
        guard let path else { return }
        try image().write(to: path, overwrite: output.force)
        say(path)
    }

    private func say(_ path: String) {
        if !output.quiet { StandardError.write("wrote \(path.escapedForDisplay)\n") }
    }
}

/// Why a detector cannot be evaluated on a set.
enum EvaluationInputError: ToolkitError, Equatable {
    /// Annotations in several files, each with numbers of its own.
    case severalFiles(String, [String])
    /// The classes of the set, and those of the network.
    case otherClasses(String, [String], [String])
    /// No image could be used.
    case noImages(String, Int)
    /// The folder for images is not empty.
    case folderInUse(String, option: String)

    var description: String {
        switch self {
        case .severalFiles(let path, let files):
            "\(path.escapedForDisplay): has annotations in \(files.count) files (\(files.prefix(3).map(\.escapedForDisplay).joined(separator: ", ")), …); "
                + "name one of them, or a part with --split"
        case .otherClasses(let path, let classes, let labels):
            "\(path.escapedForDisplay): none of its classes (\(Self.start(classes))) is a class of the network (\(Self.start(labels)))"
        case .noImages(let path, let count):
            "\(path.escapedForDisplay): none of its \(pluralized(count, "image")) can be used"
        case .folderInUse(let folder, let option):
            "\(folder.escapedForDisplay): is not empty; name another folder for \(option), or allow with --force to overwrite"
        }
    }

    var category: ErrorCategory {
        switch self {
        case .severalFiles, .folderInUse: .usage
        case .otherClasses: .invalid
        case .noImages: .notFound
        }
    }

    private static func start(_ names: [String]) -> String {
        names.prefix(5).map(\.escapedForDisplay).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    }
}

extension FileSystem {
    /// Whether a folder does not exist yet, or holds nothing.
    static func isMissingOrEmpty(_ path: String) -> Bool {
        switch listing(of: path) {
        case .success(let entries): entries.isEmpty
        case .failure: kind(of: path) != .file
        }
    }
}

extension DetectionDataset {
    /// Says what is not used, and which boxes were mended.
    ///
    /// - Parameter quiet: whether only what is lost is said.
    func report(quiet: Bool) {
        images.reportSkipped(quiet: quiet)
        for finding in findings.prefix(Self.shown) { warn("\(finding)") }
        if findings.count > Self.shown {
            warn("… and \(findings.count - Self.shown) more; cvtool dataset check lists all of them")
        }
    }

    private static var shown: Int { 20 }
}
