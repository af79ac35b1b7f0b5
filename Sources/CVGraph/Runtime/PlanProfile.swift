import CVCore
import CVTensor

/// How long each step of a plan takes.
public struct PlanProfile: Sendable {
    /// A step, and its time.
    public struct Step: Sendable {
        /// What the step does and how.
        public let description: PlanStepDescription
        /// Median over the runs, in milliseconds; nil for a plan that was not run.
        public let milliseconds: Double?
    }

    /// In the order in which they run.
    public let steps: [Step]
    /// Median over the runs of a whole run, in milliseconds.
    public let total: Double?
    /// Bytes of memory that a run needs beside inputs, outputs and weights.
    public let arenaBytes: Int
}

extension InferencePlan {
    /// What the steps are, without a run.
    public var listing: PlanProfile {
        PlanProfile(
            steps: steps.map { .init(description: $0.description, milliseconds: nil) }, total: nil,
            arenaBytes: arena * MemoryLayout<Float>.stride)
    }

    /// Runs the plan a few times and measures each step.
    ///
    /// - Parameters:
    ///   - inputs: a tensor for each input of the graph.
    ///   - runs: measured runs, after two to warm up.
    /// - Returns: the medians.
    public func profile(_ inputs: [Tensor], runs: Int = 15) -> PlanProfile {
        let clock = ContinuousClock()
        var times = steps.map { _ in [Double]() }
        var totals: [Double] = []
        for run in -2..<max(1, runs) {
            var step = 0
            let start = clock.now
            _ = self.run(inputs) { current, memory in
                let begin = clock.now
                current.run(memory)
                if run >= 0 { times[step].append((clock.now - begin) / .milliseconds(1)) }
                step += 1
            }
            if run >= 0 { totals.append((clock.now - start) / .milliseconds(1)) }
        }
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        return PlanProfile(
            steps: zip(steps, times).map { .init(description: $0.description, milliseconds: median($1)) },
            total: median(totals), arenaBytes: arena * MemoryLayout<Float>.stride)
    }
}
