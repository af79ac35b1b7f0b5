import CLISupport

/// The names of all files that belong to one input.
protocol OutputPaths {
    /// All of them: to find out before any work whether two inputs collide.
    func planned(for input: String) -> [PlannedOutput]
}

/// One input of a run, with the files that are going to be written about it.
struct InputJob<Paths: OutputPaths>: NamedInput {
    let input: Input
    /// Nil for an input that is none.
    let paths: Paths?

    var name: String { input.name }

    /// Finds the inputs and the names of all outputs, and whether those may be written: before, not after the work.
    ///
    /// others: files that belong to no single input, with the option that asks for them in the place of it.
    static func plan(
        _ inputs: [Input], output: String?, force: Bool, others: [PlannedOutput] = [],
        paths: (_ input: String, OutputDestination) throws -> Paths
    ) throws -> ([InputJob], OutputDestination) {
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
