import ArgumentParser
import CLISupport
import CVCore

/// Does the work of a command, which Ctrl-C may end early, and exits with the code of its outcome.
///
/// - Parameters:
///   - threads: nil if the work applies the option itself.
///   - work: the run; its result is the exit status.
/// - Throws: `ExitCode`, always.
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
        warn(error.messageWithAdvice)
        throw ExitCode(ExitStatus(error.category).rawValue)
    }
}

extension ExitStatus {
    /// Distinguishes wrong arguments from every other failure.
    init(_ category: ErrorCategory) {
        self = category == .usage ? .usage : .failure
    }
}
