import CLISupport
import CVCore

/// The folder of a training run, and the names in it.
struct TrainFolder {
    let path: String
    /// `sample` is written by those trainings whose network makes images.
    let best, last, checkpoint, log, curves, recipe, sample: String

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
    }

    /// The end of a training's help: the files in the folder, and the exit codes.
    ///
    /// - Parameters:
    ///   - best: which weights are the best.
    ///   - log: what the curves show.
    ///   - writesSample: whether there is a stylized sample.
    ///   - failure: what a training may fail by.
    /// - Returns: two paragraphs.
    static func help(best: String, log: String, writesSample: Bool = false, failure: String) -> String {
        let sample = writesSample ? "\n  sample.jpg              an image, stylized after the last epoch" : ""
        return """
            FILES IN THE FOLDER OF -o
              best.safetensors        \(best)
              last.safetensors        the weights at the end
              checkpoint.safetensors  all that --resume needs\(sample)
              log.csv, curves.png     \(log), epoch by epoch
              recipe.json             all settings

            EXIT CODES
              0    done
              1    failed, such as by \(failure)
              64   the arguments make no sense
              130  interrupted (Ctrl-C); --resume continues
            """
    }

    private var all: [String] { [best, last, checkpoint, log, curves, recipe, sample] }

    /// Makes the folder, if there is nothing in it that may not be overwritten.
    ///
    /// - Parameters:
    ///   - force: whether the files of a run may be overwritten.
    ///   - resume: whether a run is to be resumed.
    ///   - inputs: what the run reads.
    /// - Throws: `OutputError`, `FileError`, or `TrainFolderError` if there is nothing to resume.
    func prepare(force: Bool, resume: Bool, inputs: RunFiles) throws {
        if resume {
            guard FileSystem.kind(of: checkpoint) == .file else { throw TrainFolderError.nothingToResume(checkpoint) }
        } else if !force {
            let existing = all.filter { FileSystem.kind(of: $0) == .file }
            if !existing.isEmpty { throw TrainFolderError.hasRun(path, files: existing.map(FileSystem.name)) }
        }
        var files = inputs
        for path in all { files.write(path, by: FileSystem.name(of: path)) }
        try files.check(force: true)
        try files.makeFolders()
    }
}

enum TrainFolderError: ToolkitError, Equatable {
    case nothingToResume(String)
    case hasRun(String, files: [String])

    var description: String {
        switch self {
        case .nothingToResume(let path):
            "\(path.escapedForDisplay): there is no checkpoint to resume from; omit --resume to begin a new run"
        case .hasRun(let path, let files):
            "\(path.escapedForDisplay): holds a run already (\(files.joined(separator: ", "))); resume it with --resume, "
                + "overwrite it with --force, or choose another -o"
        }
    }
}

extension TrainFolderError {
    var category: ErrorCategory {
        switch self {
        case .nothingToResume: .notFound
        case .hasRun: .io
        }
    }
}
