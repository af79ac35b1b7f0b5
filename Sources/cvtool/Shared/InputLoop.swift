import CLISupport
import CVCore
import CVTask

/// What a run works on, one after the other.
protocol NamedInput {
    /// As the user gave it.
    var name: String { get }
}

extension Input: NamedInput {}

/// Something that was found in a picture, as a command tells it.
protocol ReportedResult: RecordedResult {
    /// What stands behind the input's name on a line of its own, such as `dog 83% at 128 224 313 538`.
    var text: String { get }
}

/// Works on the inputs of a command one after the other, so that memory does not grow with their number.
///
/// A failure is told, and the rest goes on; Ctrl-C ends the work after the present input.
struct InputLoop {
    /// Of the progress bar.
    let title: String
    /// Whether each input, done or failed, is told as a record on standard output.
    var json = false
    let quiet: Bool

    /// Tells on standard output what `work` finds in each input: a line for each result, or a record.
    ///
    /// nothing: what to say on standard error about an input in which there is nothing, such as "no objects found".
    /// - Throws: `StreamError` when standard output cannot be written.
    func run<Job: NamedInput, Result: ReportedResult>(
        _ jobs: [Job], nothing: String? = nil, work: (Job) throws -> InputRecord<Result>
    ) throws -> RunSummary {
        try forEach(jobs, work: work) { record in
            if json { return try StandardOutput.write(record.json + "\n") }
            let name = record.input.escapedForDisplay
            try StandardOutput.write(record.results.map { "\(name): \($0.text)\n" }.joined())
            if let nothing, record.results.isEmpty, !quiet { StandardError.write("\(name): \(nothing)\n") }
        } failed: { name, message in
            if json { try StandardOutput.write(InputRecord<Result>(input: name, error: message).json + "\n") }
        }
    }

    /// For commands that have something to tell only when all inputs are done, or in another way.
    ///
    /// - Parameters:
    ///   - work: what it throws is that input's failure.
    ///   - report: tells what `work` gave, while the progress bar is off the screen.
    ///   - failed: what to do about a failure beside a message on standard error.
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
                    warn(error.messageWithAdvice)
                    try failed(job.name, error.messageWithAdvice)
                }
            }
        }
        return summary
    }

    /// Says at the end of a run what was written, how long the steps took, and which inputs failed.
    func end(_ summary: RunSummary, wrote: String? = nil, timing: Timing? = nil) -> ExitStatus {
        if !quiet, let wrote { StandardError.write(wrote) }
        if let timing { StandardError.write(timing.text) }
        if !quiet, let text = summary.text { StandardError.write(text) }
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
