/// The state of a tape while its steps are observed.
final class Observation {
    private let observer: (ObservedStep) -> Void
    /// Held for as long as the observation, so that a parameter that is used twice is one value, even if it is frozen
    /// and no result refers to its leaf. The owner is held as well: its address must not become another's.
    private var leaves: [ObjectIdentifier: (owner: AnyObject, trace: Trace)] = [:]
    private var names: [ValueID: String] = [:]

    init(_ observer: @escaping (ObservedStep) -> Void) { self.observer = observer }

    func observe(input: Tensor, _ trace: Trace) { observe(leaf: trace.id, .input, input) }

    func observe(parameter: Tensor, _ trace: Trace, name: String, owner: AnyObject) {
        guard leaves.updateValue((owner, trace), forKey: ObjectIdentifier(owner)) == nil else { return }
        names[trace.id] = name
        observe(leaf: trace.id, .parameter(name), parameter)
    }

    func observe(_ operation: Operation, of inputs: [Tensor], giving result: Tensor, _ trace: Trace) {
        let ids = inputs.map { id(of: $0, on: trace.tape) }
        observer(
            ObservedStep(
                step: Step(operation, inputs: ids, outputs: [trace.id]), inputShapes: inputs.map(\.shape),
                parameters: ids.compactMap { names[$0] }, result: result))
    }

    /// A tensor that no tape watches becomes a constant here, so that the graph of the steps has no gaps.
    private func id(of input: Tensor, on tape: Tape) -> ValueID {
        if let trace = input.trace {
            precondition(trace.tape === tape, "the inputs of an operation were recorded on two tapes")
            return trace.id
        }
        let id = ValueID(index: tape.nextIndex())
        observe(leaf: id, .constant, input)
        return id
    }

    private func observe(leaf: ValueID, _ operation: Operation, _ value: Tensor) {
        let step = Step(operation, inputs: [], outputs: [leaf])
        observer(ObservedStep(step: step, inputShapes: [], parameters: [], result: value))
    }
}
