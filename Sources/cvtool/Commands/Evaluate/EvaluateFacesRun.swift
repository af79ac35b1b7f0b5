import CLISupport
import CVCore
import CVFaces
import CVNN
import CVTask
import CVTraining

/// One run of `cvtool evaluate faces`.
struct EvaluateFacesRun {
    private let command: EvaluateFacesCommand
    private let output: VerificationOutputOptions

    init(_ command: EvaluateFacesCommand) { (self.command, output) = (command, command.output) }

    /// - Throws: a `ToolkitError`.
    func run() throws -> ExitStatus {
        let embedder = try ImageEmbedder(command.weights)
        let dataset = try ImageDataset.faces(contentsOf: command.data, personPattern: command.names.personPattern)
        let pairs = try command.pairs.map { try FacePairs(contentsOf: $0, in: dataset) }
        try prepare(dataset)
        let alignment = try embedder.faceTemplate(path: command.weights).map { FaceAlignment(try FaceAligner($0)) }
        let images = try dataset.decoded(showing: "decode", quiet: output.quiet) {
            try $0.aligned(by: alignment).decoded(for: embedder.preprocessing, progress: $1)
        }
        alignment?.report(of: images.items.count, quiet: output.quiet)
        var isPartial = !images.broken.isEmpty || dataset.skipped.lost > 0
        if let pairs, pairs.lostCount(in: images) > 0 {
            isPartial = true
            warn(
                "\(pairs.path.escapedForDisplay): \(pluralized(pairs.lostCount(in: images), "pair")) of \(pairs.pairs.count) "
                    + "with images that cannot be used; left out")
        }
        return try EvaluationProgress(images: images.items.count, quiet: output.quiet).run(
            status: isPartial ? .partial : .success
        ) {
            try report(embedder, images, pairs, progress: $0)
        } write: {
            try write($0)
        }
    }

    private func prepare(_ dataset: ImageDataset) throws {
        var files = RunFiles()
        files.read(dataset)
        files.read(weights: command.weights)
        files.read(command.pairs)
        files.write(output.roc, by: "--roc")
        try files.check(force: output.force)
        try files.makeFolders()
    }

    private func report(
        _ embedder: ImageEmbedder, _ images: DecodedImages, _ pairs: FacePairs?,
        progress: (_ done: Int) throws -> Void
    ) throws -> VerificationReport {
        let numbers = command.numbers
        let metrics =
            if let pairs {
                try embedder.evaluate(images, pairs: pairs, progress: progress)
            } else {
                try embedder.evaluate(
                    images, items: Array(images.items.indices), foldSeed: numbers.seed, progress: progress)
            }
        return VerificationReport(
            metrics, images: images.items.count, people: Set(images.items.compactMap(\.label)).count,
            ways: numbers.ways, databaseSize: numbers.databaseSize, threshold: numbers.threshold)
    }

    private func write(_ report: VerificationReport) throws {
        if let roc = output.roc {
            try report.metrics.rocPlot.image(width: 900, height: 900).write(to: roc, overwrite: output.force)
            if !output.quiet { StandardError.write("wrote \(roc.escapedForDisplay)\n") }
        }
        try StandardOutput.write(output.json ? report.json.text + "\n" : report.text)
    }
}
