import CVCore
import CVGraph
import CVModels
import CVNN
import CVTensor

/// How an engine runs a network: the steps of its plan, or its graph.
struct PlanReport {
    private let asked: AskedModel
    private let graph: Graph
    private let profile: PlanProfile
    /// Billions of floating-point operations a second at most; nil for a plan that was not run.
    private let peak: Double?

    /// - Parameters:
    ///   - asked: the network, with weights where they are known.
    ///   - isProfiled: whether the plan is run and measured.
    /// - Throws: `PlanError` for a network that has no plan, `MemoryError`, and what reading weights throws.
    init(_ asked: AskedModel, isProfiled: Bool) throws {
        self.asked = asked
        let input = asked.input
        try asked.spec.checkInferenceMemory(classes: asked.classes, input: input)
        let network = try asked.network()
        guard !network.decidesByValues else { throw PlanError(model: asked.spec.name) }
        let shape: Shape = [1, input.channels, input.height, input.width]
        graph = Graph(capturing: shape) { network.run($0) }.optimized()
        let plan = InferencePlan(graph)
        if isProfiled {
            peak = MachinePeak.gigaFLOPS()
            profile = plan.profile([Tensor.hashed(shape)])
        } else {
            (peak, profile) = (nil, plan.listing)
        }
    }

    /// The graph for Graphviz.
    var graphviz: String { graph.graphviz(name: asked.spec.name) }

    /// A line for each step, and the sums.
    var text: String {
        var heading = ["step", "algorithm", "layout", "result", "MFLOP"]
        if peak != nil { heading += ["ms", "share", "GFLOP/s", "of peak"] }
        var table = TextTable(heading + ["weight"], rightAligned: Set(3..<heading.count))
        for step in profile.steps {
            let about = step.description
            let shape = about.shape.dimensions.map(String.init).joined(separator: "×")
            var row = [about.operation, about.algorithm, about.layout, shape, decimal(about.operations / 1e6, 1)]
            if let peak, let time = step.milliseconds, let total = profile.total {
                let speed = about.operations / time / 1e6
                row += [
                    decimal(time, 3), decimal(100 * time / total, 1) + " %", decimal(speed, 1),
                    decimal(100 * speed / peak, 0) + " %",
                ]
            }
            table.add(row + [about.key ?? ""])
        }
        return "\(asked.spec.name), images of \(asked.input), \(pluralized(Parallel.threadCount, "thread")), "
            + "\(InstructionSet.current.rawValue), \(Precision.standard.rawValue)\n\n" + table.fitted + "\n\n" + sums
    }

    private var sums: String {
        let work = profile.steps.reduce(0) { $0 + $1.description.operations }
        var lines = [
            "operations  \(decimal(work / 1e9, 2)) GFLOP",
            "memory      \(readableBytes(profile.arenaBytes)) of results",
        ]
        if let peak, let total = profile.total {
            let known = profile.steps.reduce(0) { $0 + ($1.milliseconds ?? 0) }
            lines += [
                "time        \(decimal(total, 2)) ms, of which the steps are \(decimal(100 * known / total, 1)) %",
                "speed       \(decimal(work / total / 1e6, 1)) GFLOP/s of \(decimal(peak, 0)) at most "
                    + "(Winograd's algorithm saves operations, so that a step can be above)",
            ]
        }
        return lines.joined(separator: "\n")
    }

    /// `{"model", "input", "threads", "instruction_set", "precision", "arena_bytes", "peak_gflops", "milliseconds", "steps": [{"step", "algorithm",
    /// "layout", "shape", "operations", "weight", "milliseconds"}]}`.
    var json: JSONValue {
        let steps = profile.steps.map { step -> JSONValue in
            let about = step.description
            return [
                "step": .string(about.operation), "algorithm": .string(about.algorithm),
                "layout": .string(about.layout), "shape": .array(about.shape.dimensions.map { .integer($0) }),
                "operations": .number(about.operations), "weight": about.key.map { .string($0) } ?? .null,
                "milliseconds": step.milliseconds.map { .number($0) } ?? .null,
            ]
        }
        return [
            "model": .string(asked.spec.name), "input": asked.input.json,
            "threads": .integer(Parallel.threadCount), "instruction_set": .string(InstructionSet.current.rawValue),
            "precision": .string(Precision.standard.rawValue),
            "arena_bytes": .integer(profile.arenaBytes), "peak_gflops": peak.map { .number($0) } ?? .null,
            "milliseconds": profile.total.map { .number($0) } ?? .null, "steps": .array(steps),
        ]
    }
}

/// A network that looks at the values of tensors while it runs has no plan.
struct PlanError: ToolkitError {
    let model: String

    var category: ErrorCategory { .unsupported }
    var description: String {
        "\(model): what this network computes depends on what it finds, so there is no plan of it; it runs operation by "
            + "operation"
    }
}
