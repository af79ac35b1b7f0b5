import CVTensor

extension Graph {
    /// Makes an activation that is the only user of a convolution, a sum or an affine map the last step of it.
    package mutating func fuseActivations() {
        let uses = uses
        var producers = producers
        for index in nodes.indices {
            guard case .tensor(.activation(let activation)) = nodes[index].operation,
                let producer = producers[nodes[index].inputs[0]], uses[nodes[index].inputs[0]] == 1,
                let fused = nodes[producer].operation.followed(by: activation)
            else { continue }
            nodes[producer].operation = fused
            replace(nodes[index].output, by: nodes[producer].output)
            producers[nodes[index].output] = producer
        }
        removeDeadCode()
    }
}

extension GraphOperation {
    /// The operation with an activation at its end; nil if it cannot have one, or has one already.
    fileprivate func followed(by activation: Activation) -> GraphOperation? {
        switch self {
        case .convolution(var convolution) where convolution.activation == .linear:
            convolution.activation = activation
            return .convolution(convolution)
        case .add(.linear): return .add(activation)
        case .affine(let scale, let shift, .linear): return .affine(scale: scale, shift: shift, activation)
        default: return nil
        }
    }
}
