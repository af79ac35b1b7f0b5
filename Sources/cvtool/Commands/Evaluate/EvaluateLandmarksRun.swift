import CLISupport
import CVCore
import CVFaces
import CVImage
import CVLandmarks
import CVTraining

/// One run of `cvtool evaluate landmarks`.
struct EvaluateLandmarksRun {
    private let command: EvaluateLandmarksCommand

    /// Images on the sheet of errors.
    private static let shownErrors = 20

    init(_ command: EvaluateLandmarksCommand) { self.command = command }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let dataset = try LandmarkDataset(contentsOf: command.data, persons: command.persons.person)
        let detector = try detector(for: dataset)
        let faces = command.faces ? try FaceDetector() : nil
        let (expected, found) = (detector.scheme.points.count, dataset.scheme.points.count)
        guard expected == found else {
            throw DatasetError(command.data, .otherPoints(expected: expected, found: found))
        }
        try prepare(dataset)
        let images = try dataset.images.decoded(showing: "decode", quiet: command.quiet) { _, progress in
            try dataset.decoded(side: detector.preprocessing.width, memoryLimit: 0, progress: progress)
        }
        let items = try command.selection.items(of: images, quiet: command.quiet)
        return try EvaluationProgress(images: items.count, quiet: command.quiet).run(
            status: images.broken.isEmpty ? .success : .partial
        ) {
            try detector.evaluate(
                images, items: items, options: command.search.options, find: { try find($0, detector, faces) },
                progress: $0)
        } write: {
            try write($0, images, detector, faces)
        }
    }

    /// The network, of a mesh for the points of the data.
    private func detector(for dataset: LandmarkDataset) throws -> LandmarkDetector {
        let detector = try LandmarkDetector(command.weights)
        let (all, asked) = (detector.scheme.points.count, dataset.scheme.points.count)
        guard all != asked, let reduced = detector.reduced(to: dataset.scheme) else { return detector }
        if !command.quiet {
            StandardError.write(
                "\(command.weights.escapedForDisplay): has \(pluralized(all, "point")), of which \(asked) stand for those of the data\n"
            )
        }
        return reduced
    }

    /// The landmarks of the object that an image shows.
    private func find(_ image: Image, _ detector: LandmarkDetector, _ faces: FaceDetector?) throws -> Landmarks {
        let options = command.search.options
        guard let face = try faces?.detect(image).first else { return try detector.detect(image, options: options) }
        return try detector.detect(image, face, options: options)
    }

    /// Checks the outputs before the work.
    private func prepare(_ dataset: LandmarkDataset) throws {
        var files = RunFiles()
        files.read(dataset.images)
        files.read(weights: command.weights)
        if command.faces { files.read(weights: FaceDetector.defaultModel) }
        files.write(command.curve, by: "--curve")
        files.write(command.errors, by: "--errors")
        try files.check(force: command.force)
        try files.makeFolders()
    }

    private func write(
        _ metrics: LandmarkMetrics, _ images: DecodedImages, _ detector: LandmarkDetector, _ faces: FaceDetector?
    ) throws {
        if let path = command.curve {
            try metrics.curve(title: command.weights).image(width: 1000, height: 750)
                .write(to: path, overwrite: command.force)
            say(path)
        }
        if let path = command.errors {
            try sheet(metrics, images, detector, faces).write(to: path, overwrite: command.force)
            say(path)
        }
        try StandardOutput.write(command.json ? metrics.json.text + "\n" : metrics.text)
    }

    private func say(_ path: String) {
        if !command.quiet { StandardError.write("wrote \(path.escapedForDisplay)\n") }
    }

    private func sheet(
        _ metrics: LandmarkMetrics, _ images: DecodedImages, _ detector: LandmarkDetector, _ faces: FaceDetector?
    ) throws -> Image {
        let worst = metrics.worst(Self.shownErrors)
        let items = Dictionary(uniqueKeysWithValues: images.items.enumerated().map { ($1.name, $0) })
        var sheet = ContactSheet(cellWidth: 240, cellHeight: 240, columns: 5)
        for errors in worst {
            guard let item = items[errors.image] else { continue }
            let image = try images.original(at: item).image
            let found = try find(image, detector, faces)
            let percent = String(percent: errors.ocular ?? errors.box, decimals: 1)
            sheet.add(
                image.compared(found, truth: images.items[item].landmarks, detector.scheme, side: 240),
                caption: "\(percent) \(FileSystem.name(of: errors.image))")
        }
        return sheet.image
    }
}

extension LandmarkMetrics {
    /// The figures, and a table of the points.
    fileprivate var text: String {
        var lines = ["images       \(images.count)"]
        if emptyImages > 0 {
            lines.append("without one  \(emptyImages)")
            lines.append("presence     \(decimal(presenceAccuracy ?? .nan, 4))")
        }
        var table = TextTable(["", "NME", "median", "AUC", "failures"], rightAligned: [1, 2, 3, 4])
        if scheme.eyes != nil { table.add(["by the eyes"] + ocular.cells) }
        table.add(["by the box"] + box.cells)
        var points = TextTable(["point", "", "NME"], rightAligned: [0, 2])
        for (index, (name, error)) in zip(scheme.points, pointErrors).enumerated() {
            points.add(["\(index)", name, error.map { String(percent: $0, decimals: 2) } ?? "-"])
        }
        return lines.joined(separator: "\n") + "\n\n\(table.fitted)\n\n\(points.fitted)\n"
    }
}

extension LandmarkMetrics.Summary {
    fileprivate var cells: [String] {
        if images == 0 { return ["-", "-", "-", "-"] }
        return [
            String(percent: meanError, decimals: 2), String(percent: medianError, decimals: 2),
            decimal(areaUnderCurve, 4), String(percent: failureRate, decimals: 2),
        ]
    }
}
