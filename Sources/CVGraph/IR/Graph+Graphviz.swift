import CVTensor

extension Graph {
    /// The graph in the language of Graphviz, for `dot -Tsvg`: a box for each node, an arrow for each value with its shape.
    ///
    /// - Parameter name: of the graph.
    /// - Returns: the text of a `.dot` file.
    public func graphviz(name: String) -> String {
        var lines = [
            "digraph \"\(escaped(name))\" {", "  rankdir=TB;",
            "  node [shape=box, style=rounded, fontname=\"Helvetica\"];",
            "  edge [fontname=\"Helvetica\", fontsize=10];",
        ]
        let producers = producers
        func source(_ value: ValueID) -> String { producers[value].map { "n\($0)" } ?? "v\(value)" }
        for input in inputs { lines.append("  v\(input) [label=\"\(escaped(values[input].name ?? "input"))\"];") }
        for (index, node) in nodes.enumerated() {
            let key = node.key.map { "\\n" + escaped($0) } ?? ""
            lines.append("  n\(index) [label=\"\(escaped(node.operation.name))\(key)\"];")
            for input in node.inputs where values[input].constant == nil {
                lines.append("  \(source(input)) -> n\(index) [label=\"\(sizes(input))\"];")
            }
        }
        for (index, output) in outputs.enumerated() {
            lines.append("  o\(index) [label=\"output \(index)\", shape=ellipse];")
            lines.append("  \(source(output)) -> o\(index) [label=\"\(sizes(output))\"];")
        }
        return (lines + ["}"]).joined(separator: "\n")
    }

    private func sizes(_ value: ValueID) -> String {
        values[value].shape.dimensions.map(String.init).joined(separator: "×")
    }

    private func escaped(_ text: String) -> String {
        text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    }
}

extension Graph.Node {
    /// The key of the weight, if it has one.
    var key: String? {
        if case .convolution(let convolution) = operation { convolution.key } else { nil }
    }
}
