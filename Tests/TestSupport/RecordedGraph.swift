import CVTensor

/// The steps that a tape recorded, with the values of the leaves, so that the computation can be done again.
public struct RecordedGraph {
    public private(set) var steps: [Step] = []
    public private(set) var shapes: [ValueID: Shape] = [:]
    private var leaves: [ValueID: Tensor] = [:]

    /// Runs `body` on a tape that is observed.
    public init(_ mode: Tape.Mode = .training, seed: UInt64 = 1, _ body: (Tape) -> Void) {
        let tape = Tape(mode, seed: seed)
        tape.observing {
            add($0)
        } during: {
            body(tape)
        }
    }

    private mutating func add(_ observed: ObservedStep) {
        steps.append(observed.step)
        let id = observed.step.outputs[0]
        shapes[id] = observed.result.shape
        if observed.operation.isLeaf { leaves[id] = observed.result.detached }
    }

    /// Those that are not leaves.
    public var operations: [Operation] { steps.map(\.operation).filter { !$0.isLeaf } }

    /// What the last step gives, computed from nothing but the steps and the leaves.
    public func replayed() -> Tensor {
        var values = leaves
        for step in steps where !step.operation.isLeaf {
            values[step.outputs[0]] = step.operation.applied(to: step.inputs.map { values[$0]! })
        }
        return values[steps.last!.outputs[0]]!
    }
}
