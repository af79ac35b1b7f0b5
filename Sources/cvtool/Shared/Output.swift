import ArgumentParser
import CLISupport
import CVCore

/// Does the work of a command, which Ctrl-C or another signal may end early, and exits with the code of its outcome.
///
/// - Parameters:
///   - threads: and how else networks are computed; nil if the work applies the options itself.
///   - work: the run; its result is the exit status.
/// - Throws: `ExitCode`, always.
func perform(threads: (any ComputationChoice)? = nil, _ work: () throws -> ExitStatus) throws {
    Interruption.install()
    threads?.apply()
    let status = try reportingFailure(work)
    throw ExitCode(status == .interrupted ? Interruption.exitCode : status.rawValue)
}

/// Writes a line to standard error.
func warn(_ message: String) { StandardError.write("cvtool: \(message)\n") }

/// Whether a signal, such as that of Ctrl-C, has come, for functions that ask when to stop.
func isInterrupted() -> Bool { Interruption.isRequested }

/// Writes to standard output.
///
/// - Parameter text: without a newline at the end.
/// - Throws: `StreamError`.
func writeLine(_ text: String) throws(StreamError) { try StandardOutput.write(text + "\n") }

/// Does `work`; what it throws is written to standard error, and the command ends with exit code 1, or 64 where the
/// arguments are wrong. A closed standard output, as by `head`, ends it without an error.
func reportingFailure<Result>(_ work: () throws -> Result) throws -> Result {
    do {
        return try work()
    } catch StreamError.closed {
        throw ExitCode.success
    } catch let error as any ToolkitError {
        warn(error.messageWithAdvice)
        throw ExitCode(ExitStatus(error.category).rawValue)
    }
}

extension TextTable {
    /// The text for standard output: within the width of the terminal, if it is one.
    var fitted: String { text(width: Terminal.tableWidth) }
}

extension ExitStatus {
    /// Distinguishes wrong arguments from every other failure.
    init(_ category: ErrorCategory) {
        self = category == .usage ? .usage : .failure
    }
}

/// `exit` of the system: commands have a method of that name.
func endProcess(_ code: Int32) -> Never { exit(code) }
