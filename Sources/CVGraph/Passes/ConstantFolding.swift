import CVTensor

extension Graph {
    /// Computes, once and for all, what depends on constants only: fixed filters, anchors, broadcast shapes.
    package mutating func foldConstants() {
        var remaining: [Node] = []
        for node in nodes {
            let constants = node.inputs.compactMap { values[$0].constant }
            guard case .tensor(let operation) = node.operation, constants.count == node.inputs.count,
                !operation.isLeaf
            else {
                remaining.append(node)
                continue
            }
            values[node.output].constant = operation.applied(to: constants).detached
        }
        nodes = remaining
    }
}
