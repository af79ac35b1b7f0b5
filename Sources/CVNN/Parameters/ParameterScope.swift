import CVTensor

/// The place of a layer in the tree of names: it declares its parameters here, by the names that a checkpoint uses.
///
/// A network is written once, and this one mechanism gives it keys, loading and saving:
///
/// ```swift
/// struct Block: Layer {
///     let conv1: Conv2d, bn1: BatchNorm2d
///
///     init(_ p: ParameterScope) {
///         conv1 = Conv2d(16, 32, kernel: 3, padding: 1, bias: false, p.scope("conv1"))   // conv1.weight
///         bn1 = BatchNorm2d(32, p.scope("bn1"))                                          // bn1.weight, …
///     }
/// }
/// let block = try load(Block.init, from: state)
/// ```
public struct ParameterScope {
    private let declared: Declared
    private let prefix: String

    init(_ declared: Declared, prefix: String = "") {
        self.declared = declared
        self.prefix = prefix
    }

    /// The place of a part, `name` being what a checkpoint calls it.
    public func scope(_ name: String) -> ParameterScope {
        ParameterScope(declared, prefix: prefix + name + ".")
    }

    /// Declares a parameter: its value is the checkpoint's.
    ///
    /// A missing key or another shape is noted, for `load` to throw all of them together; the layer is given an empty
    /// tensor meanwhile.
    public func parameter(_ name: String, shape: Shape) -> Parameter {
        declared.parameter(prefix + name, shape: shape)
    }
}

/// Builds a network with the tensors of a checkpoint.
///
/// - Throws: `ParameterMismatch` with every key that is missing, unexpected, or of another shape.
public func load<Network>(
    _ make: (ParameterScope) -> Network, from state: StateDictionary
) throws(ParameterMismatch) -> Network {
    let declared = Declared(state)
    let network = make(ParameterScope(declared))
    try declared.check()
    return network
}

/// The keys and shapes that a network declares, in the order of its layers.
public func parameterShapes(_ make: (ParameterScope) -> some Any) -> [(name: String, shape: Shape)] {
    let declared = Declared([:])
    _ = make(ParameterScope(declared))
    return declared.parameters
}

/// What has been declared so far.
final class Declared {
    private let state: StateDictionary
    private(set) var parameters: [(name: String, shape: Shape)] = []

    init(_ state: StateDictionary) { self.state = state }

    func parameter(_ name: String, shape: Shape) -> Parameter {
        parameters.append((name, shape))
        let found = state[name].flatMap { $0.shape == shape ? $0 : nil }
        // A network without its weights is never run, and its shapes may be absurd: they follow from the number of
        // labels that a file claims to have. So no memory is spent on what is missing.
        return Parameter(name: name, value: found ?? Tensor([], shape: [0]))
    }

    func check() throws(ParameterMismatch) {
        let expected = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape.dimensions) })
        // PyTorch counts the batches that a batch-norm saw; nothing is computed from it.
        let found = state.filter { !$0.key.hasSuffix("num_batches_tracked") }.mapValues(\.shape.dimensions)
        let difference = KeyDifference(expected: expected, found: found)
        if !difference.isEmpty { throw ParameterMismatch(declared: parameters.count, difference: difference) }
    }
}
