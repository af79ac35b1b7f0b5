import ArgumentParser
import CLISupport
import CVCore
import CVImage
import CVStyle

/// Does the work of a command, which Ctrl-C may end early, and ends the command with the exit code of what came of it.
///
/// threads: nil where the work itself sees to them.
func perform(threads: ThreadOptions? = nil, _ work: () throws -> ExitStatus) throws {
    Interruption.install()
    threads?.apply()
    throw ExitCode(try reportingFailure(work).rawValue)
}

/// Writes a line to standard error.
func warn(_ message: String) { StandardError.write("cvtool: \(message)\n") }

/// Whether Ctrl-C has been pressed, for functions that ask when to stop.
func isInterrupted() -> Bool { Interruption.isRequested }

/// Does `work`; what it throws is written to standard error, and the command ends with exit code 1, or 64 where the
/// arguments are wrong.
func reportingFailure<Result>(_ work: () throws -> Result) throws -> Result {
    do {
        return try work()
    } catch let error as any ToolkitError {
        warn(error.advice)
        let isUsage =
            error is ClassSelectionError || error is SegmentUsageError || (error as? OutputError)?.isUsage ?? false
            || (error as? StyleError)?.isUsage ?? (error as? FastStyleError)?.isUsage ?? false
        throw ExitCode((isUsage ? ExitStatus.usage : .failure).rawValue)
    }
}

extension ToolkitError {
    /// The message, and the option of the command that helps where there is one.
    var advice: String {
        switch (self as? ImageError)?.problem {
        case .tooLarge: description + " (--max-pixels)"
        case .truncated: description + "; --allow-truncated uses what there is of it"
        default: description
        }
    }
}
