import CLISupport
import CVCore

/// The folder of a training run, and the names in it.
struct TrainFolder {
    let path: String
    /// `sample` is written by those trainings whose results can be looked at, and `predictions` by those of drawn images.
    let best, last, checkpoint, log, curves, recipe, sample, predictions: String

    init(_ path: String) {
        self.path = path
        func file(_ name: String) -> String { FileSystem.join(path, name) }
        best = file("best.safetensors")
        last = file("last.safetensors")
        checkpoint = file("checkpoint.safetensors")
        log = file("log.csv")
        curves = file("curves.png")
        recipe = file("recipe.json")
        sample = file("sample.jpg")
        predictions = file("predictions.png")
    }

    /// The end of a training's help: the files in the folder, and the exit codes.
    ///
    /// - Parameters:
    ///   - best: which weights are the best.
    ///   - log: what the curves show.
    ///   - sample: what `sample.jpg` shows; nil for none.
    ///   - predictions: what `predictions.png` shows; nil for none.
    ///   - failure: what a training may fail by.
    /// - Returns: two paragraphs.
    static func help(
        best: String, log: String, sample: String? = nil, predictions: String? = nil, failure: String
    ) -> String {
        let sample =
            (sample.map { "\n  sample.jpg              \($0)" } ?? "")
            + (predictions.map { "\n  predictions.png         \($0)" } ?? "")
        return """
            FILES IN THE FOLDER OF -o
              best.safetensors        \(best)
              last.safetensors        the weights at the end
              checkpoint.safetensors  all that --resume needs\(sample)
              log.csv, curves.png     \(log), epoch by epoch
              recipe.json             all settings

            \(ExitStatus.help(failure: "failed, such as by \(failure)", interrupted: "--resume continues"))
            """
    }

    private var all: [String] { [best, last, checkpoint, log, curves, recipe, sample, predictions] }

    /// The file whose lock keeps other trainings out while one runs; it is removed at the end.
    private var lock: String { FileSystem.join(path, "running.lock") }

    /// Makes the folder and claims it, if there is nothing in it that may not be overwritten.
    ///
    /// - Parameters:
    ///   - force: whether the files of a run may be overwritten.
    ///   - resume: whether a run is to be resumed.
    ///   - inputs: what the run reads.
    /// - Returns: the lock, to be kept until the end of the training; nil where the file system has none.
    /// - Throws: `OutputError`, `FileError`, or `TrainFolderError` if there is nothing to resume, or another training is at it.
    func prepare(force: Bool, resume: Bool, inputs: RunFiles) throws -> FileLock? {
        // Before the folder is made.
        if FileSystem.kind(of: path) != .folder { try check(force: force, resume: resume) }
        var files = inputs
        for path in all { files.write(path, by: FileSystem.name(of: path)) }
        try files.check(force: true)
        try files.makeFolders()
        let lock = try claim()
        // With the lock: another training may have just written its files.
        try check(force: force, resume: resume)
        return lock
    }

    /// Removes the results of the run that this one overwrites: without validation it has no best weights of its own, and the other's
    /// would stand beside its last ones. The checkpoint is written anew in any case.
    func removeOtherResults() {
        for file in all where file != checkpoint { FileSystem.removeFile(file) }
    }

    private func check(force: Bool, resume: Bool) throws(TrainFolderError) {
        if resume {
            guard FileSystem.kind(of: checkpoint) == .file else { throw TrainFolderError.nothingToResume(checkpoint) }
        } else if !force {
            let existing = all.filter { FileSystem.kind(of: $0) == .file }
            if !existing.isEmpty { throw TrainFolderError.hasRun(path, files: existing.map(FileSystem.name)) }
        }
    }

    private func claim() throws -> FileLock? {
        do throws(FileLock.Failure) {
            return try FileLock(lock, holder: "process \(getpid()) on \(hostName())")
        } catch {
            switch error {
            case .held(let holder): throw TrainFolderError.inUse(path, by: holder)
            case .file(let error): throw error
            case .unsupported(let reason):
                warn(
                    "\(path.escapedForDisplay): no lock can be taken (\(reason)); a second training into this folder would "
                        + "not be noticed")
                return nil
            }
        }
    }
}

enum TrainFolderError: ToolkitError, Equatable {
    case nothingToResume(String)
    case hasRun(String, files: [String])
    case inUse(String, by: String)

    var description: String {
        switch self {
        case .nothingToResume(let path):
            "\(path.escapedForDisplay): there is no checkpoint to resume from; omit --resume to begin a new run"
        case .hasRun(let path, let files):
            "\(path.escapedForDisplay): holds a run already (\(files.joined(separator: ", "))); resume it with --resume, "
                + "overwrite it with --force, or choose another -o"
        case .inUse(let path, let holder):
            "\(path.escapedForDisplay): \(holder.isEmpty ? "another process" : holder.escapedForDisplay) trains into this "
                + "folder; wait until it ends, or choose another -o"
        }
    }
}

extension TrainFolderError {
    var category: ErrorCategory {
        switch self {
        case .nothingToResume: .notFound
        case .hasRun, .inUse: .io
        }
    }
}
