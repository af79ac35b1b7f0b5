import ArgumentParser

/// Where a training writes, and what it reports.
struct TrainOutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: .init("The folder for all results; made if missing.", valueName: "folder"))
    var output = "run"

    @Flag(help: "Resume the run in this folder where it stopped. All other options must be the same.")
    var resume = false

    @Flag(help: "Overwrite the results of a run in this folder.")
    var force = false

    @Flag(help: "Write weights in half precision: half the size.")
    var half = false

    @OptionGroup var threads: ThreadOptions

    @Flag(name: .shortAndLong, help: "No progress and no remarks; only the result and errors.")
    var quiet = false

    func validate() throws {
        if output.isEmpty || output == "-" { throw ValidationError("-o \(output): the name of a folder is expected.") }
        if resume && force { throw ValidationError("--resume continues a run, --force replaces it: choose one.") }
    }
}
