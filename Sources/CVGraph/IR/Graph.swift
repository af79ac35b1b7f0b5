import CVTensor

/// A network as data: nodes that compute values from values, in an order in which they can run.
///
/// Captured from layers or read from a file, changed by passes, and made into a plan. A value has one producer: an
/// input, a constant or a node.
public struct Graph: Sendable {
    /// The identity of a value: an index into `values`.
    public typealias ValueID = Int

    /// A tensor of the computation.
    public struct Value: Sendable {
        /// Its sizes; images are [N, C, H, W].
        public var shape: Shape
        /// Its elements if they are the same in every run: a parameter or a constant.
        public var constant: Tensor?
        /// The key of a parameter, the name of an input, or nothing.
        public var name: String?
    }

    /// A step: an operation with its inputs and its result.
    public struct Node: Sendable {
        /// What is computed.
        public var operation: GraphOperation
        /// In the order that the operation names.
        public var inputs: [ValueID]
        /// The result.
        public var output: ValueID

        package init(operation: GraphOperation, inputs: [ValueID], output: ValueID) {
            (self.operation, self.inputs, self.output) = (operation, inputs, output)
        }
    }

    /// By their identity. Values that nothing uses any more stay.
    public var values: [Value]
    /// In an order in which each comes after those whose results it uses.
    public var nodes: [Node]
    /// What a run is given.
    public var inputs: [ValueID]
    /// What a run returns. One value may stand here twice.
    public var outputs: [ValueID]

    /// An empty graph.
    public init() { (values, nodes, inputs, outputs) = ([], [], [], []) }

    /// Adds a value without a producer.
    ///
    /// - Parameters:
    ///   - shape: its sizes.
    ///   - constant: its elements, if they are known.
    ///   - name: for people.
    /// - Returns: its identity.
    public mutating func add(_ shape: Shape, constant: Tensor? = nil, name: String? = nil) -> ValueID {
        values.append(Value(shape: shape, constant: constant?.detached, name: name))
        return values.count - 1
    }

    /// How often each value is used, by nodes and as an output.
    public var uses: [Int] {
        var counts = [Int](repeating: 0, count: values.count)
        for input in nodes.lazy.flatMap(\.inputs) { counts[input] += 1 }
        for output in outputs { counts[output] += 1 }
        return counts
    }

    /// The node that computes each value; nil for inputs and constants.
    public var producers: [Int?] {
        var producers = [Int?](repeating: nil, count: values.count)
        for (index, node) in nodes.enumerated() { producers[node.output] = index }
        return producers
    }

    /// Lets all that use a value use another instead.
    ///
    /// - Parameters:
    ///   - value: no longer used.
    ///   - other: computed earlier than all that use `value`.
    public mutating func replace(_ value: ValueID, by other: ValueID) {
        for index in nodes.indices {
            for position in nodes[index].inputs.indices where nodes[index].inputs[position] == value {
                nodes[index].inputs[position] = other
            }
        }
        for position in outputs.indices where outputs[position] == value { outputs[position] = other }
    }
}
