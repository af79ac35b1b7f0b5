import CLISupport
import CVCore

/// The names of all files that belong to one input.
protocol OutputPaths {
    /// All of them: to find out before any work whether two inputs collide.
    func planned(for input: String) -> [PlannedOutput]
}

/// One input of a run, with the files that are going to be written about it.
struct InputJob<Paths: OutputPaths> {
    let input: Input
    /// Nil for an input that is none.
    let paths: Paths?

    var name: String { input.name }

    /// Finds the inputs and the names of all outputs, and whether those may be written: before, not after the work.
    ///
    /// others: files that belong to no single input, with the option that asks for them in the place of it.
    static func plan(
        _ arguments: [String], recursive: Bool, output: String?, force: Bool, others: [PlannedOutput],
        paths: (_ input: String, OutputDestination) throws -> Paths
    ) throws -> ([InputJob], OutputDestination) {
        let inputs = InputExpander(recursive: recursive).expand(arguments)
        let destination = try OutputDestination(option: output, inputCount: inputs.count)
        let jobs = try inputs.map { input in
            if case .problem = input { return InputJob(input: input, paths: nil) }
            return InputJob(input: input, paths: try paths(input.name, destination))
        }
        let planned = jobs.flatMap { $0.paths?.planned(for: $0.name) ?? [] } + others
        try PlannedOutput.check(planned, inputs: jobs.map(\.name), destination: destination, force: force)
        return (jobs, destination)
    }
}

/// Works on jobs one by one, so that memory does not grow with their number, with a progress bar, until the last one or
/// Ctrl-C. What goes wrong with one of them is reported, and the rest goes on.
///
/// - Throws: `StreamError` when standard output cannot be written.
func runJobs<Paths, Record>(
    _ jobs: [InputJob<Paths>], title: String, quiet: Bool, work: (InputJob<Paths>) throws -> Record,
    report: (Record) throws -> Void, reportFailure: (any ToolkitError, InputJob<Paths>) throws -> Void
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
            let record = try work(job)
            summary.recordSuccess()
            bar.advance()
            try bar.hidden { try report(record) }
        } catch let error as StreamError {
            throw error
        } catch let error as any ToolkitError {
            summary.recordFailure(job.name)
            bar.advance()
            try bar.hidden { try reportFailure(error, job) }
        }
    }
    return summary
}

extension RecordedResult {
    /// Says what went wrong with an input: on standard error, and with `json` in a record of its own.
    static func report(_ failure: any ToolkitError, of input: String, json: Bool) throws {
        if json { try StandardOutput.write(InputRecord<Self>(input: input, error: failure.advice).json + "\n") }
        warn(failure.advice)
    }
}

extension String {
    /// `83%`, or with decimals `83.4%`.
    init(percent fraction: Double, decimals: Int = 0) { self = decimal(fraction * 100, decimals) + "%" }
}
