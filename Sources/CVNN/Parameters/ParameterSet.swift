import CVCore
import CVTensor

/// The parameters of a network, in the order in which its layers declared them, as `Module.parameters()` and
/// `state_dict()`.
///
/// ```swift
/// let (network, parameters) = ParameterSet.initialize(seed: 1) { Classifier($0) }
/// let optimizer = Adam(parameters.trainable, learningRate: 1e-3)
/// ```
public struct ParameterSet: Sendable, RandomAccessCollection {
    private let all: [Parameter]

    init(_ parameters: [Parameter]) { all = parameters }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of parameters.
    public var endIndex: Int { all.count }
    /// The parameter at a position in the order of declaration.
    ///
    /// - Parameter index: the position, from 0.
    public subscript(index: Int) -> Parameter { all[index] }

    /// The parameter with this key; nil if there is none.
    ///
    /// - Parameter name: the key, such as `layer1.0.conv1.weight`.
    public subscript(name: String) -> Parameter? { all.first { $0.name == name } }

    /// The parameters that are neither buffers nor frozen.
    public var trainable: [Parameter] { all.filter(\.isTrainable) }

    /// Freezes or unfreezes weights, for transfer learning; buffers stay as they are.
    ///
    /// - Parameters:
    ///   - isTrainable: whether gradients are computed.
    ///   - prefix: the prefix of the keys concerned; empty for all.
    public func setTrainable(_ isTrainable: Bool, prefix: String = "") {
        for parameter in all where !parameter.isBuffer && parameter.name.hasPrefix(prefix) {
            parameter.isTrainable = isTrainable
        }
    }

    /// The parameters outside a scope, such as those of a network without those of its loss.
    ///
    /// - Parameter scope: what the keys to leave out begin with, without the dot.
    /// - Returns: the same parameters, not copies.
    public func omitting(scope: String) -> ParameterSet {
        ParameterSet(all.filter { !$0.name.hasPrefix(scope + ".") })
    }

    /// Sets all gradients to nil before the next step, as `Optimizer.zero_grad()`.
    public func clearGradients() { all.clearGradients() }

    /// All values by key, buffers included, as PyTorch's `state_dict()`.
    public var stateDictionary: StateDictionary {
        Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.value.detached) })
    }

    /// Loads the values of a checkpoint, as `load_state_dict(strict=True)`; nothing changes if it does not fit.
    ///
    /// - Parameter state: the tensors by key.
    /// - Throws: `ParameterMismatch` with every key that is missing, unexpected, or of another shape.
    public func load(_ state: StateDictionary) throws(ParameterMismatch) {
        try check(state)
        for parameter in all { parameter.value = state[parameter.name]!.detached }
    }

    /// Loads the values of a checkpoint except those under some prefixes, for transfer learning:
    /// `load(state, omitting: ["fc."])` if the classes differ.
    ///
    /// - Parameters:
    ///   - state: the tensors by key.
    ///   - prefixes: the prefixes of the keys that keep their present values.
    /// - Throws: `ParameterMismatch` for the other keys, as `load(_:)`; nothing changes then.
    public func load(_ state: StateDictionary, omitting prefixes: [String]) throws(ParameterMismatch) {
        func isOmitted(_ name: String) -> Bool { prefixes.contains { name.hasPrefix($0) } }
        try ParameterSet(all.filter { !isOmitted($0.name) }).load(state.filter { !isOmitted($0.key) })
    }

    package func check(_ state: StateDictionary) throws(ParameterMismatch) {
        let expected = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.shape.dimensions) })
        // PyTorch counts the batches of a batch norm; nothing is computed from the count.
        let found = state.filter { !$0.key.hasSuffix("num_batches_tracked") }.mapValues(\.shape.dimensions)
        let difference = KeyDifference(expected: expected, found: found)
        if !difference.isEmpty { throw ParameterMismatch(declared: all.count, difference: difference) }
    }
}

extension Sequence<Parameter> {
    /// Sets all gradients to nil before the next step, as `Optimizer.zero_grad()`.
    public func clearGradients() {
        for parameter in self { parameter.gradient = nil }
    }
}
