import ArgumentParser
import CLISupport
import CVCore
import CVTraining

/// `cvtool dataset check`: finds what is wrong with a data set before anything is trained on it.
struct DatasetCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find what is wrong with a data set.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Reads all annotations and decodes all images. Prints a line for each finding, with file and line where they are known: \
            malformed annotations, unknown classes and classes that differ in their spelling only, boxes outside of \
            the image, empty or double, missing, broken or unused files, images that look the same, and those that look \
            the same in different parts (leaks between training and validation).

            EXAMPLES
              cvtool dataset check bccd/
              cvtool dataset check data.yaml --json
              cvtool dataset check coco/ --format coco
              cvtool dataset check streets/ --task segment

            \(ExitStatus.help(
                success: "nothing was found",
                failure: "the set cannot be used as it is",
                partial: "something was found, and the set can be used"))
            """)

    @OptionGroup(title: "Data") var dataset: DatasetOptions

    @Flag(help: "Print a JSON object for each finding: kind, file, line, message.")
    var json = false

    @OptionGroup var threads: ThreadOptions

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only findings and errors.")
    var quiet = false

    func run() throws { try perform(threads: threads) { try untilOutputIsClosed(check) } }

    private func check() throws -> ExitStatus {
        let (findings, summary, isUsable) = try inspect()
        for finding in findings { try writeLine(json ? finding.json.text : finding.description) }
        if !quiet {
            let count = findings.isEmpty ? "nothing was found" : pluralized(findings.count, "finding")
            StandardError.write("\(dataset.data.escapedForDisplay): \(summary); \(count)\n")
        }
        return !isUsable ? .failure : findings.isEmpty ? .success : .partial
    }

    private func inspect() throws -> (findings: [DatasetInspection.Finding], summary: String, isUsable: Bool) {
        do {
            let set = try dataset.read()
            let bar = ProgressBar(title: "check", total: set.images.items.count, quiet: quiet)
            defer { bar.finish() }
            guard set.detection == nil else {
                return (try survey { bar.advance() }.inspection.findings, set.summary, true)
            }
            return (DatasetInspection(set.images) { _ in bar.advance() }.findings, set.summary, true)
        } catch let error as DatasetError {
            guard case .annotations = error.problem else { throw error }
            // All of them, with what can be said of the rest.
            let found = try survey {}
            return (found.inspection.findings, found.dataset.summary, false)
        }
    }

    private func survey(
        _ advance: () -> Void
    ) throws -> (dataset: DetectionDataset, inspection: DatasetInspection) {
        try DetectionDataset.survey(dataset.data, format: dataset.format) { _ in advance() }
    }
}

extension DatasetInspection.Finding {
    fileprivate var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "file": .string(file), "line": line.map { .integer($0) } ?? .null,
            "message": .string(message),
        ]
    }
}
