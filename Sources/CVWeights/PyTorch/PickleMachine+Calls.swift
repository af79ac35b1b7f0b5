/// Symbols, and the results of the calls that a pickle requests.
extension PickleMachine {
    mutating func name(_ opcode: PickleOpcode) throws(PyTorchError.Problem) {
        let (module, name): (String, String)
        if opcode == .global {
            (module, name) = (try cursor.line(), try cursor.line())
        } else {
            guard case .string(let last) = try pop(), case .string(let first) = try pop() else {
                throw wrong(.unexpected("two strings that name a symbol"))
            }
            (module, name) = (first, last)
        }
        // A long name would be copied at each mention.
        let isShort = module.utf8.count + name.utf8.count <= 1000
        guard isShort, let symbol = PickleSymbol(module: module, name: name) else {
            throw .forbidden("\(module).\(name)")
        }
        try push(.symbol(symbol))
    }

    mutating func make(_ opcode: PickleOpcode) throws(PyTorchError.Problem) {
        switch opcode {
        case .reduce:
            let arguments = try pop()
            try push(try result(of: try pop(), arguments))
        case .newObjEx:
            _ = try pop()
            _ = try pop()
            try push(try object(of: try pop()))
        case .newObj:
            _ = try pop()
            try push(try object(of: try pop()))
        case .build:
            // Attributes: an OrderedDict of weights has the versions of its modules, which have no effect.
            _ = try pop()
            let target = try pop()
            switch target {
            case .dictionary, .opaque, .tensor: try push(target)
            default: throw wrong(.unexpected("an object to give attributes to"))
            }
        default:
            heap.storages.append(try storage(try pop()))
            try push(.storage(heap.storages.count - 1))
        }
    }

    /// The result of `symbol.__new__`.
    private mutating func object(of symbol: PickleValue) throws(PyTorchError.Problem) -> PickleValue {
        switch symbol {
        case .symbol(.opaque(let name)): return .opaque(name)
        case .symbol(.dictionary): return newDictionary()
        default: throw wrong(.unexpected("a class to make an object of"))
        }
    }

    private mutating func result(
        of callee: PickleValue, _ arguments: PickleValue
    ) throws(PyTorchError.Problem) -> PickleValue {
        guard let elements = heap.sequence(arguments) else { throw wrong(.unexpected("a tuple of arguments")) }
        switch callee {
        case .symbol(.opaque(let name)), .opaque(let name): return .opaque(name)
        case .symbol(.dictionary): return try dictionary(elements)
        case .symbol(.rebuildTensor):
            heap.tensors.append(try tensor(elements))
            return .tensor(heap.tensors.count - 1)
        case .symbol(.rebuildParameter):
            guard let first = elements.first, case .tensor = first else {
                throw wrong(.unexpected("the tensor of a parameter"))
            }
            return first
        default: throw wrong(.unexpected("something to call"))
        }
    }

    /// `OrderedDict()`, or of a list of pairs, as Python 2 wrote it.
    private mutating func dictionary(_ arguments: [PickleValue]) throws(PyTorchError.Problem) -> PickleValue {
        let target = newDictionary()
        guard let pairs = arguments.first else { return target }
        guard arguments.count == 1, let pairs = heap.sequence(pairs) else {
            throw wrong(.unexpected("a list of pairs"))
        }
        var items: [PickleValue] = []
        for pair in pairs {
            guard let pair = heap.sequence(pair), pair.count == 2 else { throw wrong(.unexpected("a list of pairs")) }
            items += pair
        }
        // The same long list may be used many times.
        try count(items.count)
        try push(target)
        try setItems(items)
        return try pop()
    }

    /// `('storage', torch.FloatStorage, key, device, count)`; a sixth part is a view of another storage, if not None.
    private func storage(_ value: PickleValue) throws(PyTorchError.Problem) -> TorchStorage {
        guard let parts = heap.sequence(value), (5...6).contains(parts.count), case .string("storage") = parts[0],
            case .symbol(.storage(let dtype)) = parts[1], case .string(let key) = parts[2],
            case .integer(let count) = parts[4], count >= 0
        else { throw wrong(.unexpected("a storage, with its type, key, device and size")) }
        if parts.count == 6 {
            guard case .none = parts[5] else { throw wrong(.unexpected("a storage of its own, not a view of another")) }
        }
        return TorchStorage(key: key, dtype: dtype, count: count)
    }

    /// `(storage, offset, sizes, strides, …)`.
    private func tensor(_ arguments: [PickleValue]) throws(PyTorchError.Problem) -> TorchTensor {
        guard arguments.count >= 4, case .storage(let position) = arguments[0],
            case .integer(let offset) = arguments[1],
            let shape = heap.sizes(arguments[2]), let strides = heap.sizes(arguments[3])
        else { throw wrong(.unexpected("a tensor: its storage, offset, sizes and strides")) }
        let storage = heap.storages[position]
        guard let tensor = TorchTensor(storage, offset: offset, shape: shape, strides: strides) else {
            throw wrong(.tensorBeyondStorage(shape: shape, strides: strides, offset: offset, storage: storage.count))
        }
        return tensor
    }
}
