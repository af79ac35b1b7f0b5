import CVCore
import CVGraph

/// The times of one step that was run again and again.
struct BenchmarkStep {
    let name: String
    /// In milliseconds, ascending; never empty.
    private let times: [Double]

    /// Runs `body` to warm up (caches, memory, the processor's clock), then `runs` times, at least one, to measure.
    init(_ name: String, runs: Int, _ body: () throws -> Void) rethrows {
        let clock = ContinuousClock()
        for _ in 0..<min(3, runs) { try body() }
        var times: [Double] = []
        for _ in 0..<runs {
            let start = clock.now
            try body()
            times.append((clock.now - start) / .milliseconds(1))
        }
        self.init(name, times: times)
    }

    /// With times that were taken elsewhere, in milliseconds, at least one.
    init(_ name: String, times: [Double]) {
        self.name = name
        self.times = times.sorted()
    }

    var median: Double { (times[(times.count - 1) / 2] + times[times.count / 2]) / 2 }
    var minimum: Double { times[0] }
    /// The time that nine of ten runs do not exceed.
    var p90: Double { times[(times.count * 9 + 9) / 10 - 1] }
}

/// What `cvtool benchmark` prints.
struct BenchmarkReport {
    let network: String
    /// Such as `416×416`.
    let input: String
    /// What is said of the network in JSON.
    let facts: [JSONMember]
    let runs: Int
    let steps: [BenchmarkStep]
    private let threads = Parallel.threadCount

    init(network: String, input: String, facts: [JSONMember], runs: Int, steps: [BenchmarkStep]) {
        (self.network, self.input, self.facts, self.runs, self.steps) = (network, input, facts, runs, steps)
    }

    init(_ network: BenchmarkedNetwork, batch: Int = 1, runs: Int, steps: [BenchmarkStep]) {
        let (width, height) = (network.preprocessing.width, network.preprocessing.height)
        self.init(
            network: network.name, input: (batch > 1 ? "\(batch) × " : "") + "\(width)×\(height)",
            facts: [
                JSONMember("width", .integer(width)), JSONMember("height", .integer(height)),
                JSONMember("batch", .integer(batch)),
            ], runs: runs, steps: steps)
    }

    var text: String {
        var table = TextTable(["ms", "median", "minimum", "p90"], rightAligned: [1, 2, 3])
        for step in steps {
            table.add([step.name] + [step.median, step.minimum, step.p90].map { decimal($0, 2) })
        }
        return "\(network.escapedForDisplay), input \(input), \(pluralized(threads, "thread")), "
            + "\(InstructionSet.current.rawValue), \(Precision.standard.rawValue), \(pluralized(runs, "run")), "
            + "at most \(peakResidentBytes() >> 20) MB of memory\n\n" + table.fitted
    }

    var json: JSONValue {
        let times = steps.map { step in
            JSONMember(
                step.name,
                ["median": .number(step.median), "minimum": .number(step.minimum), "p90": .number(step.p90)])
        }
        return .object(
            [JSONMember("model", .string(network))] + facts + [
                JSONMember("threads", .integer(threads)),
                JSONMember("instructionSet", .string(InstructionSet.current.rawValue)),
                JSONMember("precision", .string(Precision.standard.rawValue)),
                JSONMember("runs", .integer(runs)), JSONMember("milliseconds", .object(times)),
                JSONMember("peakMegabytes", .integer(peakResidentBytes() >> 20)),
            ])
    }
}
