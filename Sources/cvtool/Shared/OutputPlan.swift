import CLISupport

/// The names of all files that belong to one input.
protocol OutputPaths {
    /// All of them: collisions between inputs are found before any work.
    func planned(for input: String) -> [PlannedOutput]
}

/// One input of a run, with the files that will be written for it.
struct InputJob<Paths: OutputPaths>: NamedInput {
    let input: Input
    /// Nil for an invalid input.
    let paths: Paths?

    var name: String { input.name }

    /// Finds the inputs and the names of all outputs, and checks before any work that those may be written.
    ///
    /// - Parameters:
    ///   - inputs: the expanded inputs.
    ///   - output: the value of `-o`.
    ///   - force: whether existing files may be overwritten.
    ///   - others: files that belong to no single input, named by their option.
    ///   - paths: the files of an input.
    /// - Returns: the inputs with their files, and the folder or file of the results.
    /// - Throws: `OutputError`.
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
