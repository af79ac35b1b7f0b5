import ArgumentParser
import CLISupport
import CVClassification
import CVCore

/// The classifier and the number of threads.
struct ClassifierOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: .init(
            "A model by name (see cvtool weights list), or a .safetensors file. (default: \(Classifier.defaultModel))",
            valueName: "name|file"))
    var model: String?

    @Option(
        name: .shortAndLong,
        help: .init("The same: weights, such as cvtool train classify writes.", valueName: "name|file"))
    var weights: String?

    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        if model != nil, weights != nil {
            throw ValidationError(
                "--model and --weights name the same thing, weights with all that belongs to them: give one.")
        }
    }

    /// Adds the file of the weights.
    func addFiles(to files: inout RunFiles) { files.read(weights: weights ?? model ?? Classifier.defaultModel) }

    /// - Throws: what `Classifier.init` throws.
    func makeClassifier() throws -> Classifier {
        threads.apply()
        return try Classifier(weights ?? model ?? Classifier.defaultModel)
    }
}

extension Classification: ReportedResult {
    /// `espresso 94.1%`.
    var text: String { "\(label.escapedForDisplay) \(String(percent: Double(probability), decimals: 1))" }
}
