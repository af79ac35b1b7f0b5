import CLISupport
import CVCore

/// Works on the inputs of a command one after the other, so that memory does not grow with their number.
///
/// A failure is told, and the rest goes on; Ctrl-C ends the work after the present input.
struct InputLoop {
    let title: String
    let quiet: Bool

    /// - Parameters:
    ///   - work: gives what to write about an input on standard output; what it throws is that input's failure.
    ///   - failure: what to write there about an input that failed, such as a record.
    /// - Throws: `StreamError` when standard output cannot be written.
    func run(
        _ inputs: [Input], work: (Input) throws -> String, failure: (_ name: String, _ message: String) -> String
    ) throws -> ExitStatus {
        var summary = RunSummary(total: inputs.count)
        let bar = ProgressBar(title: title, total: inputs.count, quiet: quiet)
        defer { bar.finish() }
        for input in inputs {
            if Interruption.isRequested {
                summary.isInterrupted = true
                break
            }
            do {
                let text = try work(input)
                summary.recordSuccess()
                bar.advance()
                try bar.hidden { try StandardOutput.write(text) }
            } catch let error as StreamError {
                throw error
            } catch let error as any ToolkitError {
                summary.recordFailure(input.name)
                bar.advance()
                try bar.hidden {
                    warn(error.advice)
                    try StandardOutput.write(failure(input.name, error.advice))
                }
            }
        }
        bar.finish()
        if let text = summary.text, !quiet { StandardError.write(text) }
        return summary.status
    }
}

/// Calls `work`; whoever reads standard output may have heard enough, such as `head`.
func untilOutputIsClosed(_ work: () throws -> ExitStatus) throws -> ExitStatus {
    do {
        return try work()
    } catch StreamError.closed {
        return .success
    }
}
