extension Graph {
    /// Removes nodes whose results nothing uses, and forgets constants that nothing uses.
    package mutating func removeDeadCode() {
        var isUsed = [Bool](repeating: false, count: values.count)
        for output in outputs { isUsed[output] = true }
        var live: [Node] = []
        for node in nodes.reversed() where isUsed[node.output] {
            for input in node.inputs { isUsed[input] = true }
            live.append(node)
        }
        nodes = live.reversed()
        for index in values.indices where !isUsed[index] { values[index].constant = nil }
    }
}
