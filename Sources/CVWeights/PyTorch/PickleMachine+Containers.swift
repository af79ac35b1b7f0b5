/// Tuples, lists, sets and dictionaries.
extension PickleMachine {
    mutating func contain(_ opcode: PickleOpcode) throws(PyTorchError.Problem) {
        switch opcode {
        case .emptyTuple: try push(sequence([], PickleValue.tuple))
        case .tuple: try push(sequence(try popMarked(), PickleValue.tuple))
        case .tuple1, .tuple2, .tuple3:
            var items: [PickleValue] = []
            for _ in 0...(opcode.rawValue - PickleOpcode.tuple1.rawValue) { items.append(try pop()) }
            try push(sequence(items.reversed(), PickleValue.tuple))
        case .emptyList: try push(sequence([], PickleValue.list))
        case .list: try push(sequence(try popMarked(), PickleValue.list))
        case .append: try append([try pop()])
        case .appends, .addItems: try append(try popMarked())
        case .emptyDict: try push(newDictionary())
        case .dict:
            let items = try popMarked()
            try push(newDictionary())
            try setItems(items)
        case .setItem:
            let value = try pop()
            try setItems([try pop(), value])
        case .setItems: try setItems(try popMarked())
        case .emptySet: try push(.opaque("set"))
        default:
            _ = try popMarked()
            try push(.opaque("frozenset"))
        }
    }

    private mutating func sequence(_ items: [PickleValue], _ make: (Int) -> PickleValue) -> PickleValue {
        heap.sequences.append(items)
        return make(heap.sequences.count - 1)
    }

    mutating func newDictionary() -> PickleValue {
        heap.dictionaries.append([])
        return .dictionary(heap.dictionaries.count - 1)
    }

    /// Appends to the list on top of the stack. Items of an opaque object are dropped.
    private mutating func append(_ items: [PickleValue]) throws(PyTorchError.Problem) {
        let target = try pop()
        switch target {
        case .list(let position): heap.sequences[position] += items
        case .opaque: break
        default: throw wrong(.unexpected("a list to append to"))
        }
        try push(target)
    }

    /// Sets alternating keys and values in the dictionary on top of the stack.
    mutating func setItems(_ items: [PickleValue]) throws(PyTorchError.Problem) {
        guard items.count % 2 == 0 else { throw wrong(.unexpected("a value for each key")) }
        let target = try pop()
        switch target {
        case .dictionary(let position):
            for index in stride(from: 0, to: items.count, by: 2) {
                guard case .string(let key) = items[index] else { continue }
                heap.dictionaries[position].append(.init(key: key, value: items[index + 1]))
            }
        case .opaque: break
        default: throw wrong(.unexpected("a dictionary to set items of"))
        }
        try push(target)
    }
}
