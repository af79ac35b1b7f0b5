import CVTensor

/// A prefix in the tree of checkpoint keys, under which a layer declares its parameters.
///
/// A network is written once; this mechanism gives it keys, loading and saving:
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
/// let block = try ParameterSet.load(Block.init, from: state).network
/// ```
public struct ParameterScope {
    private let declared: Declared
    private let prefix: String

    init(_ declared: Declared, prefix: String = "") {
        self.declared = declared
        self.prefix = prefix
    }

    /// The scope of a submodule.
    ///
    /// - Parameter name: the name of the submodule in a checkpoint, without the dot.
    /// - Returns: a scope whose prefix is extended by `name`.
    public func scope(_ name: String) -> ParameterScope {
        ParameterScope(declared, prefix: prefix + name + ".")
    }

    /// Whether the checkpoint has any key with this prefix; true if the network is built without a checkpoint.
    ///
    /// For parts that published weights may leave out, such as the auxiliary heads of GoogLeNet.
    public var isOffered: Bool { declared.offers(prefix) }

    /// Declares a trainable weight: its value is the checkpoint's, or drawn from `initializer`.
    ///
    /// A missing key or another shape is recorded, so that `load` throws all of them together; meanwhile the value is a
    /// shape-only tensor.
    ///
    /// - Parameters:
    ///   - name: the name within this scope, such as `weight`.
    ///   - shape: the shape of the weight.
    ///   - initializer: the distribution of the value when there is no checkpoint.
    /// - Returns: the parameter.
    public func parameter(_ name: String, shape: Shape, initialized initializer: Initializer = .zeros) -> Parameter {
        declared.parameter(prefix + name, shape: shape, initializer, isBuffer: false)
    }

    /// Declares a buffer: saved with the weights but not trained, such as a running mean; as `Module.register_buffer`.
    ///
    /// - Parameters:
    ///   - name: the name within this scope, such as `running_mean`.
    ///   - shape: the shape of the buffer.
    ///   - initializer: the distribution of the value when there is no checkpoint.
    /// - Returns: the parameter, never trainable.
    public func buffer(_ name: String, shape: Shape, initialized initializer: Initializer = .zeros) -> Parameter {
        declared.parameter(prefix + name, shape: shape, initializer, isBuffer: true)
    }
}

extension ParameterSet {
    /// Builds a network with the tensors of a checkpoint, as `load_state_dict` of PyTorch with `strict=True`.
    ///
    /// - Parameters:
    ///   - make: builds the network; its layers declare their parameters in the scope that it is given.
    ///   - state: tensors by key.
    /// - Returns: the network, and its parameters for training on.
    /// - Throws: `ParameterMismatch` with every key that is missing, unexpected, or of another shape.
    public static func load<Network>(
        _ make: (ParameterScope) -> Network, from state: StateDictionary
    ) throws(ParameterMismatch) -> (network: Network, parameters: ParameterSet) {
        let declared = Declared(.checkpoint(state))
        let network = make(ParameterScope(declared))
        let parameters = ParameterSet(declared.parameters)
        try parameters.check(state)
        return (network, parameters)
    }

    /// Builds a network with fresh weights: the same for the same seed.
    ///
    /// Each parameter has its own random numbers, from the seed and its name: what one layer is given does not depend
    /// on the layers before it.
    /// - Parameters:
    ///   - seed: of the random numbers.
    ///   - choose: another initializer than the layer's own, by name and shape; nil keeps that.
    ///   - make: builds the network; its layers declare their parameters in the scope that it is given.
    /// - Returns: the network, and its parameters.
    public static func initialize<Network>(
        seed: UInt64, choosing choose: (_ name: String, _ shape: Shape) -> Initializer? = { _, _ in nil },
        _ make: (ParameterScope) -> Network
    ) -> (network: Network, parameters: ParameterSet) {
        withoutActuallyEscaping(choose) { choose in
            let declared = Declared(.seed(seed, choose: choose))
            let network = make(ParameterScope(declared))
            let parameters = ParameterSet(declared.parameters)
            declared.finish()
            return (network, parameters)
        }
    }

    /// Builds a network whose parameters have shapes, but no values, as under `torch.device("meta")`: it takes no memory,
    /// however large it is, and what it computes has shapes only. See `Tensor.shapeOnly(_:)`.
    ///
    /// - Parameters:
    ///   - keys: those of a checkpoint, for a network with parts that it may leave out; none for all parts.
    ///   - make: builds the network from its root scope.
    /// - Returns: the network, and its parameters in the order of its layers.
    public static func shapeOnly<Network>(
        offered keys: [String] = [], _ make: (ParameterScope) -> Network
    ) -> (network: Network, parameters: ParameterSet) {
        let declared = Declared(.shapes(offered: keys))
        let network = make(ParameterScope(declared))
        return (network, ParameterSet(declared.parameters))
    }

    /// The keys and shapes that a network declares, without memory for them.
    ///
    /// - Parameters:
    ///   - keys: those of a checkpoint, for a network with parts that it may leave out; none for all parts.
    ///   - make: builds the network; its layers declare their parameters in the scope that it is given.
    /// - Returns: in the order of its layers.
    public static func shapes(
        offered keys: [String] = [], _ make: (ParameterScope) -> some Any
    ) -> [(name: String, shape: Shape)] {
        shapeOnly(offered: keys, make).parameters.map { ($0.name, $0.shape) }
    }
}

/// The parameters declared so far.
final class Declared {
    /// Where the values come from.
    enum Source {
        case checkpoint(StateDictionary)
        case seed(UInt64, choose: (String, Shape) -> Initializer?)
        /// Nowhere: there are shapes only. offered: the keys of a checkpoint; none for all.
        case shapes(offered: [String])
    }

    private var source: Source
    private(set) var parameters: [Parameter] = []

    init(_ source: Source) { self.source = source }

    func parameter(_ name: String, shape: Shape, _ initializer: Initializer, isBuffer: Bool) -> Parameter {
        let parameter = Parameter(
            name: name, shape: shape, value: value(name, shape, initializer), isBuffer: isBuffer)
        parameters.append(parameter)
        return parameter
    }

    /// An empty checkpoint offers every part: the error then lists everything that it lacks.
    func offers(_ prefix: String) -> Bool {
        switch source {
        case .checkpoint(let state): state.isEmpty || state.keys.contains { $0.hasPrefix(prefix) }
        case .shapes(let keys): keys.isEmpty || keys.contains { $0.hasPrefix(prefix) }
        case .seed: true
        }
    }

    private func value(_ name: String, _ shape: Shape, _ initializer: Initializer) -> Tensor {
        switch source {
        case .checkpoint(let state):
            if let found = state[name], found.shape == shape { return found }
            // A network without its weights is never run, and its shapes may be absurd: they follow from the number of
            // labels that a file claims to have. So no memory is allocated for what is missing.
            return .shapeOnly(shape)
        case .shapes: return .shapeOnly(shape)
        case .seed(let seed, let choose):
            var numbers = SeededNumbers(seed: seed, name: name)
            return (choose(name, shape) ?? initializer).tensor(shape, &numbers)
        }
    }

    /// Releases the source: a scope that outlives the initialization declares shape-only tensors from now on.
    func finish() { source = .shapes(offered: []) }
}
