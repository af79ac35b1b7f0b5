import CVCore
import CVModels

extension ModelSummary {
    /// A line for each operation, and the sums.
    func text(of asked: AskedModel) -> String {
        var table = TextTable(
            ["layer", "operation", "output", "parameters", "multiply-adds"], rightAligned: [2, 3, 4])
        for row in rows {
            // A dot is easier to pass over than a 0.
            func number(_ count: Int) -> String { count == 0 ? "." : grouped(count) }
            let shape = row.shape.map { "\($0)" }.joined(separator: "×")
            table.add([row.layer, row.operation, shape, number(row.parameters), number(row.multiplyAdds)])
        }
        let used = rows.reduce(0) { $0 + $1.parameters }
        var lines = [
            "\(asked.spec.name): \(asked.spec.summary)",
            (asked.spec.hasClasses ? "\(asked.classes) \(asked.classes == 1 ? "class" : "classes"), " : "")
                + "images of \(input)",
            "", table.fitted, "",
            "parameters     \(grouped(parameters)) (\(readableBytes(4 * parameters)))",
            "multiply-adds  \(grouped(multiplyAdds)) (\(metric(multiplyAdds)))",
            "activations    \(readableBytes(activationBytes)): the results of all lines, for one image",
        ]
        if used < parameters {
            lines.append("               \(grouped(parameters - used)) of the parameters serve training only")
        }
        return lines.joined(separator: "\n")
    }

    /// `{"model", "classes", "input": [C, H, W], "parameters", "multiply_adds", "activation_bytes", "layers": [{"layer",
    /// "operation", "shape", "parameters", "multiply_adds"}]}`.
    func json(of asked: AskedModel) -> JSONValue {
        let layers = rows.map { row -> JSONValue in
            [
                "layer": .string(row.layer), "operation": .string(row.operation),
                "shape": .array(row.shape.map { .integer($0) }), "parameters": .integer(row.parameters),
                "multiply_adds": .integer(row.multiplyAdds),
            ]
        }
        return [
            "model": .string(asked.spec.name),
            "classes": asked.spec.hasClasses ? .integer(asked.classes) : .null, "input": input.json,
            "parameters": .integer(parameters), "multiply_adds": .integer(multiplyAdds),
            "activation_bytes": .integer(activationBytes), "layers": .array(layers),
        ]
    }
}

extension ModelSpec.Input {
    /// [C, H, W].
    var json: JSONValue { .array([channels, height, width].map { .integer($0) }) }
}
