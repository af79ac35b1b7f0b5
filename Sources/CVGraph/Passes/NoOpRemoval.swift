import CVTensor

extension Graph {
    /// Removes steps that return their input: the identity, dropout in inference, a reshape or a slice that changes
    /// nothing, a factor of 1.
    package mutating func removeNoOps() {
        for index in nodes.indices where isNoOp(nodes[index]) {
            replace(nodes[index].output, by: nodes[index].inputs[0])
        }
        removeDeadCode()
    }

    private func isNoOp(_ node: Node) -> Bool {
        guard case .tensor(let operation) = node.operation, let input = node.inputs.first else { return false }
        let (before, after) = (values[input].shape, values[node.output].shape)
        switch operation {
        case .identity: return true
        case .dropout(let probability, _): return probability == 0
        case .reshape, .broadcast, .sum, .slice, .padChannels, .upsampleNearest, .resizeNearest, .subsample, .pad2d:
            return before == after
        case .concatenate: return node.inputs.count == 1
        case .activation(let activation): return activation == .linear
        case .scale(let factor, let term): return factor == 1 && term == 0
        case .adaptiveAveragePool2d, .upsampleBilinear: return before == after
        default: return false
        }
    }
}
