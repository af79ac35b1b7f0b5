import ArgumentParser
import CLISupport
import CVClassification
import CVCore

/// Which classifier is run, and with how many threads.
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

    @Option(help: .init("Threads to use. (default: all cores)", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if model != nil, weights != nil {
            throw ValidationError(
                "--model and --weights name the same thing, weights with all that belongs to them: give one.")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads \(threads): a number from 1 to 1024 is expected.")
        }
    }

    /// - Throws: what `Classifier.init` throws.
    func makeClassifier() throws -> Classifier {
        if let threads { Parallel.threadCount = threads }
        return try Classifier(weights ?? model ?? Classifier.defaultModel)
    }
}

extension Classification {
    /// `espresso 94.1%`.
    var text: String { "\(label.escapedForDisplay) \(decimal(Double(probability) * 100, 1))%" }
}
