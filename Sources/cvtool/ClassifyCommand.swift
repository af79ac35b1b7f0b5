import ArgumentParser
import CLISupport
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
              cvtool classify photo.jpg --model efficientnet-lite0
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

    @OptionGroup var pictures: PictureOptions

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
        try pictures.validate()
    }

    func run() throws {
        Interruption.install()
        if let threads { Parallel.threadCount = threads }
        let status = try reportingFailure { try ClassifyRun(self).run() }
        throw ExitCode(status.rawValue)
    }
}
