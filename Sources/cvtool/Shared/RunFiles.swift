import CLISupport
import CVCore
import CVTraining
import CVWeights

/// All files that a run reads, and all that it will write: compared before any work, whatever the command.
///
/// Each command adds what its options name. An output that is an input is refused even with `--force`, whose meaning is
/// to replace results of an earlier run.
struct RunFiles {
    private var inputs: [String] = []
    private var outputs: [PlannedOutput] = []

    /// The files of arguments, lists of files among them, and what they stand for.
    ///
    /// - Parameters:
    ///   - arguments: as on the command line.
    ///   - expanded: the files that they stand for.
    mutating func read(_ arguments: [String], expanded: [Input] = []) {
        inputs += arguments
        for case .file(let path, _) in expanded { inputs.append(path) }
    }

    /// The file of an option.
    mutating func read(_ path: String?) { if let path { inputs.append(path) } }

    /// Weights by name or path; nothing for a name that no weights have.
    mutating func read(weights name: String?) {
        guard let name else { return }
        inputs.append((try? WeightsLocator().find(name)) ?? name)
    }

    /// The files of a data set.
    mutating func read(_ dataset: ImageDataset) { inputs += dataset.files }

    /// An output that belongs to no single input.
    ///
    /// - Parameters:
    ///   - path: nil if the option was not given.
    ///   - option: names it in messages.
    mutating func write(_ path: String?, by option: String) {
        if let path { outputs.append(PlannedOutput(input: option, path: path)) }
    }

    /// Outputs that belong to inputs.
    mutating func write(_ planned: [PlannedOutput]) { outputs += planned }

    /// Checks before any work that the outputs may be written, and can be.
    ///
    /// - Parameter force: whether existing files may be replaced.
    /// - Throws: `OutputError`.
    func check(force: Bool) throws(OutputError) {
        try PlannedOutput.check(outputs, inputs: inputs, force: force)
    }

    /// Creates the folders of the outputs that are missing.
    ///
    /// - Throws: `FileError`.
    func makeFolders() throws(FileError) {
        for folder in Set(outputs.map { PathKey(FileSystem.folder(of: $0.path)) }).sorted() {
            try FileSystem.createFolder(folder.path)
        }
    }

    /// Leaves out those of the inputs, found in folders and by patterns, that are outputs.
    ///
    /// - Parameter expanded: the inputs.
    /// - Returns: the others, and those that are left out.
    func withoutOutputs(_ expanded: [Input]) -> (kept: [Input], leftOut: [Input]) {
        let files = Set(outputs.compactMap { FileSystem.identity(of: $0.path) })
        return expanded.divided { input in
            input.isFound && FileSystem.identity(of: input.name).map(files.contains) == true
        }
    }
}

extension [Input] {
    /// Those that are not, and those that are.
    func divided(by isLeftOut: (Input) -> Bool) -> (kept: [Input], leftOut: [Input]) {
        var result: (kept: [Input], leftOut: [Input]) = ([], [])
        for input in self {
            if isLeftOut(input) { result.leftOut.append(input) } else { result.kept.append(input) }
        }
        return result
    }

    /// Says of inputs, once, that they are results of the command itself.
    func reportAsLeftOut(quiet: Bool) {
        if isEmpty || quiet { return }
        let names = prefix(3).map { $0.name.escapedForDisplay }.joined(separator: ", ")
        StandardError.write(
            "left out, as results of this command: \(names)\(count > 3 ? " and \(count - 3) more" : "")\n")
    }
}

extension Input {
    /// Whether it was found in a folder or by a pattern: what is named itself is never left out.
    var isFound: Bool {
        switch self {
        case .file(_, .folder), .file(_, .glob): true
        case .file, .standardInput, .problem: false
        }
    }
}
