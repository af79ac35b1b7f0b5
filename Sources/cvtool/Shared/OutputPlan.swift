import CLISupport
import CVCore

/// The names of all files that belong to one input.
protocol OutputPaths {
    /// All of them: collisions between inputs are found before any work.
    func planned(for input: String) -> [PlannedOutput]
}

/// What the names of the images that a command writes end with, after the name of their input.
struct OutputEndings {
    /// Such as `_detect`.
    let endings: [String]
    /// Whether there are numbered ones, such as those of `photo_crop`, with this ending.
    var series: String?

    /// Results of an earlier run lie among the images that they were made of when both are in one folder.
    ///
    /// - Parameters:
    ///   - inputs: what was found there.
    ///   - folder: that the command writes to.
    /// - Returns: the inputs that are no such results, and those that are.
    func withoutResults(_ inputs: [Input], folder: String) -> (kept: [Input], leftOut: [Input]) {
        let stems = Set(inputs.map { PathKey(FileSystem.stem(of: $0.name)) })
        let destination = FileSystem.identity(of: folder)
        return inputs.divided { input in
            guard input.isFound, destination != nil,
                FileSystem.identity(of: FileSystem.folder(of: input.name)) == destination
            else { return false }
            return origins(of: FileSystem.name(of: input.name)).contains { stems.contains(PathKey($0)) }
        }
    }

    /// The stems of the inputs that an image of this name could have been made of.
    private func origins(of name: String) -> [String] {
        let stem = FileSystem.stem(of: name)
        var origins = endings.filter { stem.hasSuffix($0) }.map { String(stem.dropLast($0.count)) }
        if let series, let start = PlannedOutput.start(ofSeries: name), start.hasSuffix(series) {
            origins.append(String(start.dropLast(series.count)))
        }
        return origins
    }
}

/// One input of a run, with the files that will be written for it.
struct InputJob<Paths: OutputPaths>: NamedInput {
    let input: Input
    /// Nil for an invalid input.
    let paths: Paths?

    var name: String { input.name }
}

/// The inputs of a run, and its outputs, checked before any work.
struct OutputPlan<Paths: OutputPaths> {
    let jobs: [InputJob<Paths>]
    /// The folder or file of the results.
    let destination: OutputDestination
    private let files: RunFiles

    /// Finds the names of all outputs, and checks that they may be written.
    ///
    /// - Parameters:
    ///   - inputs: the expanded inputs. Those that are results of the command, and were not named, are left out, and
    ///     said to be.
    ///   - endings: of the names of such results.
    ///   - output: the value of `-o`.
    ///   - force: whether existing files may be overwritten.
    ///   - quiet: whether nothing is said.
    ///   - files: what else the run reads and writes.
    ///   - paths: the files of an input.
    /// - Throws: `OutputError`.
    init(
        _ inputs: [Input], endings: OutputEndings, output: String?, force: Bool, quiet: Bool, files: RunFiles,
        paths: (_ input: String, OutputDestination) throws -> Paths
    ) throws {
        // With one input: whether there are several is known afterwards.
        let folder = try OutputDestination(option: output, inputCount: 1).folder
        let (kept, leftOut) = endings.withoutResults(inputs, folder: folder)
        leftOut.reportAsLeftOut(quiet: quiet)
        let destination = try OutputDestination(option: output, inputCount: kept.count)
        jobs = try kept.map { input in
            if case .problem = input { return InputJob(input: input, paths: nil) }
            return InputJob(input: input, paths: try paths(input.name, destination))
        }
        var files = files
        files.read([], expanded: kept)
        files.write(jobs.flatMap { $0.paths?.planned(for: $0.name) ?? [] })
        try files.check(force: force)
        (self.destination, self.files) = (destination, files)
    }

    /// Creates the folders of the outputs that are missing.
    ///
    /// - Throws: `FileError`.
    func makeFolders() throws(FileError) { try files.makeFolders() }
}
