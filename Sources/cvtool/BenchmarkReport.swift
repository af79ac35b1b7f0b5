import CVCore
import CVDetection

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
    let detector: Detector
    let runs: Int
    let steps: [BenchmarkStep]

    var text: String {
        let size = "\(detector.preprocessing.width)×\(detector.preprocessing.height)"
        var table = TextTable(["ms", "median", "minimum", "p90"], rightAligned: [1, 2, 3])
        for step in steps {
            table.add([step.name] + [step.median, step.minimum, step.p90].map(Self.hundredths))
        }
        return "\(detector.name.escapedForDisplay), input \(size), \(counted(Parallel.threadCount, "thread")), "
            + "\(InstructionSet.current.rawValue), \(counted(runs, "run"))\n\n" + table.text
    }

    var json: JSONValue {
        .members([
            "model": .string(detector.name), "width": .integer(detector.preprocessing.width),
            "height": .integer(detector.preprocessing.height), "threads": .integer(Parallel.threadCount),
            "instructionSet": .string(InstructionSet.current.rawValue), "runs": .integer(runs),
            "milliseconds": .object(
                steps.map { step in
                    let times: JSONValue = [
                        "median": .number(step.median), "minimum": .number(step.minimum), "p90": .number(step.p90),
                    ]
                    return JSONMember(step.name, times)
                }),
        ])
    }

    /// `12.30`.
    private static func hundredths(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
