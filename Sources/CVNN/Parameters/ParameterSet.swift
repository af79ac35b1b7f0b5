import CVCore
import CVTensor

/// The parameters of a network, in the order in which its layers declared them: what an optimiser changes and a file
/// keeps.
///
/// ```swift
/// let (network, parameters) = initialized(seed: 1) { Classifier($0) }
/// let optimizer = Adam(parameters.trainable, learningRate: 1e-3)
/// ```
public struct ParameterSet: Sendable, RandomAccessCollection {
    private let all: [Parameter]

    init(_ parameters: [Parameter]) { all = parameters }

    public var startIndex: Int { 0 }
    public var endIndex: Int { all.count }
    public subscript(index: Int) -> Parameter { all[index] }

    /// The one with this key.
    public subscript(name: String) -> Parameter? { all.first { $0.name == name } }

    /// Those that are neither buffers nor frozen.
    public var trainable: [Parameter] { all.filter(\.isTrainable) }

    /// Freezes, or thaws, the weights whose keys begin with `prefix`, for transfer learning.
    public func setTrainable(_ isTrainable: Bool, prefix: String = "") {
        for parameter in all where !parameter.isBuffer && parameter.name.hasPrefix(prefix) {
            parameter.isTrainable = isTrainable
        }
    }

    /// Forgets the gradients: before the next step.
    public func clearGradients() { all.clearGradients() }

    /// All values, buffers too, by key, as PyTorch's `state_dict()`.
    public var stateDictionary: StateDictionary {
        Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.value.detached) })
    }

    /// Takes the values of a checkpoint; nothing is changed if it does not fit.
    ///
    /// - Throws: `ParameterMismatch` with every key that is missing, unexpected, or of another shape.
    public func load(_ state: StateDictionary) throws(ParameterMismatch) {
        try check(state)
        for parameter in all { parameter.value = state[parameter.name]!.detached }
    }

    /// Takes the values of a checkpoint except those whose keys begin with one of `prefixes`, which stay as they are, for
    /// transfer learning: `load(state, omitting: ["fc."])` where the classes are others.
    ///
    /// - Throws: `ParameterMismatch` for the other keys, as `load(_:)`; nothing is changed then.
    public func load(_ state: StateDictionary, omitting prefixes: [String]) throws(ParameterMismatch) {
        func isOmitted(_ name: String) -> Bool { prefixes.contains { name.hasPrefix($0) } }
        try ParameterSet(all.filter { !isOmitted($0.name) }).load(state.filter { !isOmitted($0.key) })
    }

    package func check(_ state: StateDictionary) throws(ParameterMismatch) {
        let expected = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.shape.dimensions) })
        // PyTorch counts the batches that a batch-norm saw; nothing is computed from it.
        let found = state.filter { !$0.key.hasSuffix("num_batches_tracked") }.mapValues(\.shape.dimensions)
        let difference = KeyDifference(expected: expected, found: found)
        if !difference.isEmpty { throw ParameterMismatch(declared: all.count, difference: difference) }
    }
}

extension Sequence<Parameter> {
    /// Forgets the gradients: before the next step.
    public func clearGradients() {
        for parameter in self { parameter.gradient = nil }
    }
}
