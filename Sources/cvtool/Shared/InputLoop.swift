import CLISupport
import CVCore
import CVTask

/// An input of a run.
protocol NamedInput {
    /// As the user gave it.
    var name: String { get }
}

extension Input: NamedInput {}

/// A result of an image, as a command reports it.
protocol ReportedResult: RecordedResult {
    /// The text after the input's name on its line, such as `dog 83% at 128 224 313 538`.
    var text: String { get }
}

/// Processes the inputs of a command one at a time, so that memory does not grow with their number.
///
/// A failure is reported, and the rest is done; Ctrl-C ends the run after the current input.
struct InputLoop {
    /// Of the progress bar.
    let title: String
    /// Whether standard output gets a record for each input, done or failed.
    var json = false
    let quiet: Bool

    /// Writes the results of each input to standard output: a line for each result, or a record.
    ///
    /// - Parameters:
    ///   - jobs: the inputs.
    ///   - nothing: the message on standard error for the input that was just done without results, such as "no objects
    ///     found"; nil for none.
    ///   - work: an error that it throws is that input's failure.
    /// - Returns: the number of inputs done and failed.
    /// - Throws: `StreamError` when standard output cannot be written.
    func run<Job: NamedInput, Result: ReportedResult>(
        _ jobs: [Job], nothing: @autoclosure () -> String? = nil, work: (Job) throws -> InputRecord<Result>
    ) throws -> RunSummary {
        try forEach(jobs, work: work) { record in
            if json { return try StandardOutput.write(record.json + "\n") }
            let name = record.input.escapedForDisplay
            try StandardOutput.write(record.results.map { "\(name): \($0.text)\n" }.joined())
            if record.results.isEmpty, !quiet, let nothing = nothing() { StandardError.write("\(name): \(nothing)\n") }
        } failed: { name, message in
            if json { try StandardOutput.write(InputRecord<Result>(input: name, error: message).json + "\n") }
        }
    }

    /// For commands that report in another way, or only when all inputs are done.
    ///
    /// - Parameters:
    ///   - jobs: the inputs.
    ///   - work: an error that it throws is that input's failure.
    ///   - report: writes the outcome of `work` while the progress bar is hidden.
    ///   - failed: called for a failure, after the message on standard error.
    /// - Returns: the number of inputs done and failed.
    /// - Throws: `StreamError` when standard output cannot be written.
    func forEach<Job: NamedInput, Outcome>(
        _ jobs: [Job], work: (Job) throws -> Outcome, report: (Outcome) throws -> Void = { _ in },
        failed: (_ name: String, _ message: String) throws -> Void = { _, _ in }
    ) throws -> RunSummary {
        var summary = RunSummary(total: jobs.count)
        let bar = ProgressBar(title: title, total: jobs.count, quiet: quiet)
        defer { bar.finish() }
        for job in jobs {
            if Interruption.isRequested {
                summary.isInterrupted = true
                break
            }
            do {
                let outcome = try work(job)
                summary.recordSuccess()
                bar.advance()
                try bar.hidden { try report(outcome) }
            } catch let error as StreamError {
                throw error
            } catch let error as any ToolkitError {
                summary.recordFailure(job.name)
                bar.advance()
                try bar.hidden {
                    // The library does not know the image's name.
                    let message = ((error as? NonFiniteOutput)?.named(job.name) ?? error).messageWithAdvice
                    warn(message)
                    try failed(job.name, message)
                }
            }
        }
        return summary
    }

    /// Reports at the end of a run the written files, the time of the steps, and the inputs that failed.
    func end(_ summary: RunSummary, wrote: String? = nil, timing: Timing? = nil) -> ExitStatus {
        if !quiet, let wrote { StandardError.write(wrote) }
        if let timing { StandardError.write(timing.text) }
        if !quiet, let text = summary.text { StandardError.write(text) }
        return summary.status
    }
}

/// Calls `work`; a closed standard output, as by `head`, ends it without an error.
func untilOutputIsClosed(_ work: () throws -> ExitStatus) throws -> ExitStatus {
    do {
        return try work()
    } catch StreamError.closed {
        return .success
    }
}
