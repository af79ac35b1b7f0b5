import CVTensor

extension Graph {
    /// Records what a network computes of an input of this shape, without arithmetic.
    ///
    /// The network must not decide by the values of tensors: what it computes is recorded once for all inputs of the
    /// shape. Parameters and constants become values of the graph, as they are now.
    ///
    /// - Parameters:
    ///   - shape: of the input.
    ///   - body: the network, which returns its results.
    public init(capturing shape: Shape, _ body: (Tensor) -> [Tensor]) {
        self.init()
        let tape = Tape(.inference)
        var ids: [CVTensor.ValueID: ValueID] = [:]
        var results: [Tensor] = []
        tape.observing { observed in
            record(observed, &ids)
        } during: {
            results = body(tape.watch(.shapeOnly(shape)))
        }
        outputs = results.map { result in
            if let id = result.valueID { return ids[id]! }
            // A result that no tape watches does not depend on the input.
            return add(result.shape, constant: result)
        }
    }

    private mutating func record(_ observed: ObservedStep, _ ids: inout [CVTensor.ValueID: ValueID]) {
        let (step, result) = (observed.step, observed.result)
        let id: ValueID
        switch step.operation {
        case .input:
            id = add(result.shape, name: "input")
            inputs.append(id)
        case .parameter(let key): id = add(result.shape, constant: result, name: key)
        case .constant: id = add(result.shape, constant: result)
        default:
            id = add(result.shape)
            nodes.append(
                Node(operation: .tensor(step.operation), inputs: step.inputs.map { ids[$0]! }, output: id))
        }
        ids[step.outputs[0]] = id
    }
}
