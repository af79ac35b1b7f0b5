import CVCore

/// The named weights of a checkpoint, however deeply nested.
///
/// Training scripts save them beside the optimizer and counters, under a name such as `state_dict`.
struct WrappedWeights {
    let tensors: [(name: String, tensor: TorchTensor)]
    /// The keys that lead to them.
    let path: [String]
    /// Keys beside them whose values are not tensors.
    let leftOut: [String]

    /// The largest depth of nesting, as in `{"model": {"state_dict": …}}`.
    private static let maxDepth = 4

    init(_ root: PickleValue, _ heap: PickleHeap) throws(PyTorchError.Problem) {
        var path: [String] = []
        guard var members = heap.members(root) else { throw .noTensors(keys: []) }
        let outermost = members
        let search = WeightsSearch(heap)
        while path.count < Self.maxDepth, let inner = search.wrapped(in: members) {
            path.append(inner.key)
            members = heap.members(inner.value) ?? []
        }
        var tensors: [(name: String, tensor: TorchTensor)] = []
        var leftOut: [String] = []
        var seen: Set<String> = []
        for member in members {
            guard seen.insert(member.key).inserted else { throw .keyTwice(member.key) }
            switch member.value {
            case .tensor(let position): tensors.append((member.key, heap.tensors[position]))
            case .otherTensor(let kind): throw .unsupportedTensor(member.key, kind: kind)
            default: leftOut.append(member.key)
            }
        }
        if tensors.isEmpty { throw .noTensors(keys: outermost.map(\.key)) }
        (self.tensors, self.path, self.leftOut) = (tensors, path, leftOut)
    }
}

/// Finds the dictionaries of a checkpoint that hold weights, once for each, as a file may mention one any number of times.
private struct WeightsSearch {
    /// The names under which weights are saved; the first that is present counts.
    private static let names = [
        "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "weights", "params",
        "state_dict_ema", "model_ema", "ema_state_dict", "ema",
    ]

    /// For each dictionary: whether it has tensors, or a member of such a name does.
    private let wrapping: [Bool]

    init(_ heap: PickleHeap) {
        let direct = heap.dictionaries.map { $0.contains { Self.isTensor($0.value) } }
        wrapping = heap.dictionaries.indices.map { position in
            direct[position]
                || heap.dictionaries[position].contains { member in
                    if case .dictionary(let inner) = member.value {
                        direct[inner] && Self.names.contains(member.key)
                    } else {
                        false
                    }
                }
        }
    }

    /// The member that holds the weights: one of the usual names, or else the only one with weights if there are no tensors
    /// beside it.
    func wrapped(in members: [PickleHeap.Member]) -> PickleHeap.Member? {
        let candidates = members.filter { member in
            if case .dictionary(let position) = member.value { wrapping[position] } else { false }
        }
        for name in Self.names {
            if let member = candidates.first(where: { $0.key == name }) { return member }
        }
        return candidates.count == 1 && !members.contains { Self.isTensor($0.value) } ? candidates[0] : nil
    }

    private static func isTensor(_ value: PickleValue) -> Bool {
        switch value {
        case .tensor, .otherTensor: true
        default: false
        }
    }
}
