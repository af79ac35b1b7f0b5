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
            case .dictionary, .opaque: try push(target)
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
        case .symbol(.opaque("torch.nn.parameter.Parameter")): return .otherTensor("a parameter of a very old format")
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
        case .symbol(.rebuildTensor(let form)):
            heap.tensors.append(try tensor(elements, form))
            return .tensor(heap.tensors.count - 1)
        case .symbol(.rebuildOther(let kind)): return .otherTensor(kind)
        case .symbol(.rebuildParameter):
            // After it: whether it needs a gradient, hooks, and attributes, on which no value depends.
            guard let first = elements.first, elements.count <= 4, first.isTensor else {
                throw wrong(.unexpected("the tensor of a parameter"))
            }
            return first
        case .symbol(.rebuildFromType): return try tensorOfType(elements)
        case .symbol(.rebuildOnDevice): return try tensorOnDevice(elements)
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

    /// `(function, type, arguments, attributes)`, of a tensor that has attributes in Python. Other types than these two are
    /// symbols that are refused.
    private mutating func tensorOfType(_ arguments: [PickleValue]) throws(PyTorchError.Problem) -> PickleValue {
        guard arguments.count == 4, case .symbol(let function) = arguments[0], function.makesTensor,
            case .symbol(.opaque(let type)) = arguments[1],
            type == "torch.Tensor" || type == "torch.nn.parameter.Parameter"
        else { throw wrong(.unexpected("a function that makes a tensor, and its type")) }
        return try result(of: arguments[0], arguments[2])
    }

    /// `(tensor, dtype, device, requires_grad)`.
    private func tensorOnDevice(_ arguments: [PickleValue]) throws(PyTorchError.Problem) -> PickleValue {
        guard arguments.count == 4, case .tensor(let position) = arguments[0],
            let dtype = elementType(arguments[1]), dtype == heap.tensors[position].storage.dtype
        else { throw wrong(.unexpected("a tensor of the element type that it has on its device")) }
        return arguments[0]
    }

    /// Of `torch.float32` and the like; nil for anything else.
    private func elementType(_ value: PickleValue) -> SafetensorsDType? {
        guard case .symbol(.opaque(let name)) = value, name.hasPrefix("torch.") else { return nil }
        return PickleSymbol.dtype(String(name.dropFirst(6)))
    }

    /// A view of a storage. Whether it needs a gradient and what hooks it has does not change its values; its metadata
    /// does.
    private func tensor(
        _ arguments: [PickleValue], _ form: PickleSymbol.TensorForm
    ) throws(PyTorchError.Problem) -> TorchTensor {
        let (counts, metadata) =
            switch form {
            case .v1: (4...4, Int.max)
            case .v2: (4...7, 6)
            case .v3: (7...8, 7)
            }
        guard counts.contains(arguments.count) else {
            throw wrong(.unexpected("a tensor with \(counts.lowerBound) to \(counts.upperBound) arguments"))
        }
        var storage: TorchStorage?
        if case .v3 = form {
            guard case .storage(let position) = arguments[0], let dtype = elementType(arguments[6]),
                let typed = heap.storages[position].viewed(as: dtype)
            else { throw wrong(.unexpected("a storage of bytes, and the type of its elements")) }
            storage = typed
        }
        var result = try view(arguments, storage)
        if metadata < arguments.count { try apply(arguments[metadata], to: &result) }
        return result
    }

    /// The bits that PyTorch sets instead of computing: `{"neg": True}`, `{"conj": True}`.
    private func apply(_ metadata: PickleValue, to tensor: inout TorchTensor) throws(PyTorchError.Problem) {
        if case .none = metadata { return }
        for member in heap.members(metadata) ?? [PickleHeap.Member(key: "?", value: metadata)] {
            switch (member.key, member.value) {
            case (_, .bool(false)): break
            case ("neg", .bool(true)): tensor.isNegated = true
            // The values of complex numbers are not read.
            case ("conj", .bool(true)) where tensor.storage.dtype == .c64: break
            default: throw wrong(.unexpected("no other metadata of a real tensor than its neg bit"))
            }
        }
    }

    /// `(storage, offset, sizes, strides, …)`.
    private func view(
        _ arguments: [PickleValue], _ typed: TorchStorage?
    ) throws(PyTorchError.Problem) -> TorchTensor {
        guard arguments.count >= 4, case .storage(let position) = arguments[0],
            case .integer(let offset) = arguments[1],
            let shape = heap.sizes(arguments[2]), let strides = heap.sizes(arguments[3])
        else { throw wrong(.unexpected("a tensor: its storage, offset, sizes and strides")) }
        let storage = typed ?? heap.storages[position]
        guard let tensor = TorchTensor(storage, offset: offset, shape: shape, strides: strides) else {
            throw wrong(.tensorBeyondStorage(shape: shape, strides: strides, offset: offset, storage: storage.count))
        }
        return tensor
    }
}

extension PickleValue {
    fileprivate var isTensor: Bool {
        switch self {
        case .tensor, .otherTensor: true
        default: false
        }
    }
}

extension PickleSymbol {
    fileprivate var makesTensor: Bool {
        switch self {
        case .rebuildTensor, .rebuildParameter, .rebuildOnDevice, .rebuildOther: true
        default: false
        }
    }
}

extension TorchStorage {
    /// The same bytes as elements of another type; nil unless this is a storage of bytes, or of that type.
    fileprivate func viewed(as dtype: SafetensorsDType) -> TorchStorage? {
        if dtype == self.dtype { return self }
        guard self.dtype == .u8, let size = dtype.byteCount else { return nil }
        return TorchStorage(key: key, dtype: dtype, count: count / size)
    }
}
