import CVCore

/// How long the steps of a run took, summed over the inputs.
final class Timing {
    private var steps: [(name: String, time: Duration)] = []
    private let clock = ContinuousClock()

    /// Notes what the process used before it began to work: loading, and reading its arguments.
    func beginProcess() {
        var used = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
        add("start", .seconds(used.tv_sec) + .nanoseconds(used.tv_nsec))
    }

    func measure<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let start = clock.now
        defer { add(name, clock.now - start) }
        return try body()
    }

    private func add(_ name: String, _ time: Duration) {
        if let index = steps.firstIndex(where: { $0.name == name }) {
            steps[index].time += time
        } else {
            steps.append((name, time))
        }
    }

    /// A line for each step and one for the sum, in milliseconds.
    var text: String {
        let total = steps.reduce(Duration.zero) { $0 + $1.time }
        return (steps + [(name: "total", time: total)]).map { step in
            let number = decimal(step.time / .milliseconds(1), 1)
            return step.name.padded(to: 10) + number.padded(to: 9, left: true) + " ms\n"
        }.joined()
    }
}
