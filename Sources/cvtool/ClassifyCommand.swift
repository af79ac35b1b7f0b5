import ArgumentParser
import CLISupport
import CVClassification
import CVCore
import CVImage

/// `cvtool classify`: parses and checks; `ClassifyRun` does the work.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Tell what pictures show.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Prints a line for each of the most probable classes of each picture, such as

              photo.jpg: cat 93.1%

            EXAMPLES
              cvtool classify photo.jpg --weights run/best.safetensors
              cvtool classify photos/ --recursive -w run/best.safetensors --top 1
              cvtool classify 'holiday/*.jpg' -w run/best.safetensors --json
              cat photo.jpg | cvtool classify - -w run/best.safetensors

            EXIT CODES
              0    all inputs done
              1    failed
              2    some of several inputs failed; the others are done
              64   the arguments make no sense
              130  interrupted (Ctrl-C); what was done until then is kept
            """)

    @Argument(help: "Pictures (JPEG, PNG), folders, patterns, .txt files with a path a line, or - for standard input.")
    var inputs: [String]

    @Option(
        name: .shortAndLong,
        help: .init("A .safetensors file, such as cvtool train classify writes.", valueName: "file"))
    var weights: String?

    @Option(name: .shortAndLong, help: .init("Or a name that cvtool weights list shows.", valueName: "name"))
    var model: String?

    @Option(help: .init("How many classes of each picture, the most probable first.", valueName: "n"))
    var top = 5

    @Flag(help: "Print JSON instead: for each input one object on one line, also if it failed.")
    var json = false

    @Flag(help: "Look also into the folders in a folder.")
    var recursive = false

    @Flag(help: "Use what can be read of a picture that is cut short.")
    var allowTruncated = false

    @Option(help: .init("Refuse pictures of more pixels than this.", valueName: "n"))
    var maxPixels = DecodingOptions().maxPixels

    @Option(help: .init("Threads to use. (default: all cores)", valueName: "n"))
    var threads: Int?

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws {
        guard (weights == nil) != (model == nil) else {
            throw ValidationError("Either --weights FILE or --model NAME is expected.")
        }
        guard top >= 1 else { throw ValidationError("--top \(top): a number from 1 is expected.") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads \(threads): a number from 1 to 1024 is expected.")
        }
        guard (1...DetectOutputOptions.mostPixels).contains(maxPixels) else {
            throw ValidationError(
                "--max-pixels \(maxPixels): a number from 1 to \(DetectOutputOptions.mostPixels) is expected.")
        }
    }

    func run() throws {
        Interruption.install()
        if let threads { Parallel.threadCount = threads }
        let status = try reportingFailure { try ClassifyRun(self).run() }
        throw ExitCode(status.rawValue)
    }

    var decoding: DecodingOptions {
        var options = DecodingOptions()
        options.allowTruncated = allowTruncated
        options.maxPixels = maxPixels
        return options
    }
}

/// One run of `cvtool classify`: over the inputs one by one, so that memory does not grow with their number.
struct ClassifyRun {
    private let command: ClassifyCommand

    init(_ command: ClassifyCommand) { self.command = command }

    /// - Throws: a `ToolkitError` for what makes the whole run impossible.
    func run() throws -> ExitStatus {
        do {
            return try runAll()
        } catch StreamError.closed {
            return .success
        }
    }

    private func runAll() throws -> ExitStatus {
        let inputs = InputExpander(recursive: command.recursive).expand(command.inputs)
        let classifier = try Classifier(command.weights ?? command.model ?? "")
        var summary = RunSummary(total: inputs.count)
        let bar = ProgressBar(title: "classify", total: inputs.count, quiet: command.quiet)
        defer { bar.finish() }
        for input in inputs {
            if Interruption.isRequested {
                summary.isInterrupted = true
                break
            }
            do {
                let image = try read(input)
                let record = ClassificationRecord(
                    input: input.name, width: image.width, height: image.height,
                    classes: classifier(image, top: command.top))
                summary.recordSuccess()
                bar.advance()
                try bar.hidden { try StandardOutput.write(text(record)) }
            } catch let error as StreamError {
                throw error
            } catch let error as any ToolkitError {
                summary.recordFailure(input.name)
                bar.advance()
                try bar.hidden {
                    warn(error.advice)
                    let record = ClassificationRecord(input: input.name, error: error.advice)
                    if command.json { try StandardOutput.write(record.json + "\n") }
                }
            }
        }
        bar.finish()
        if let text = summary.text, !command.quiet { StandardError.write(text) }
        return summary.status
    }

    private func read(_ input: Input) throws -> Image {
        switch input {
        case .file(let path, _): try Image(contentsOf: path, options: command.decoding)
        case .standardInput:
            try Image(data: FileInput.readStandardInput(), options: command.decoding, name: "standard input")
        case .problem(let problem): throw problem
        }
    }

    private func text(_ record: ClassificationRecord) -> String {
        if command.json { return record.json + "\n" }
        return record.classes.map { found in
            "\(record.input.escapedForDisplay): \(found.label.escapedForDisplay) "
                + "\(decimal(Double(found.probability) * 100, 1))%\n"
        }.joined()
    }
}

extension Input {
    /// The path as the user gave it; "-" for standard input.
    fileprivate var name: String {
        switch self {
        case .file(let path, _): path
        case .standardInput: "-"
        case .problem(let problem): problem.path
        }
    }
}
