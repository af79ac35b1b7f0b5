import CVCore

/// Interprets a pickle, as far as it builds data.
///
/// A pickle may call any Python function. This machine has a fixed list of names (`PickleSymbol`) and calls nothing: a
/// "call" results in a dictionary, a tensor, or an opaque value of which only the name is stored.
struct PickleMachine {
    var heap = PickleHeap()
    var cursor: ByteCursor
    private var stack: [PickleValue] = []
    /// Heights of the stack at the marks.
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var values = 0
    /// The position of the current instruction.
    private var start = 0

    /// Fifty times as many as the largest networks need; together they take less than half a gigabyte.
    private static let maxValues = 2_000_000

    init(_ cursor: ByteCursor) { self.cursor = cursor }

    /// Runs to the end of the pickle and returns its value.
    mutating func run() throws(PyTorchError.Problem) -> PickleValue {
        while true {
            start = cursor.position
            let byte: UInt8 = try cursor.number()
            guard let opcode = PickleOpcode(rawValue: byte) else { throw wrong(.unknownOpcode(byte)) }
            if opcode == .stop { return try pop() }
            try step(opcode)
        }
    }

    /// A problem at the current instruction.
    func wrong(_ problem: PickleProblem) -> PyTorchError.Problem { .pickle(problem, at: start) }

    private mutating func step(_ opcode: PickleOpcode) throws(PyTorchError.Problem) {
        switch opcode {
        case .proto:
            let version: UInt8 = try number()
            if version > 5 { throw wrong(.protocolTooNew(Int(version))) }
        case .frame:
            // A frame is a hint how much to read at a time: nothing to do, but it must be within the file.
            let count: UInt64 = try number()
            if count > UInt64(cursor.remaining) { throw wrong(.frameTooLong) }
        case .mark:
            try count(1)
            marks.append(stack.count)
        case .pop: _ = try pop()
        case .popMark: _ = try popMarked()
        case .dup:
            let value = try pop()
            try push(value)
            try push(value)
        case .binGet, .longBinGet, .binPut, .longBinPut, .memoize: try remember(opcode)
        case .global, .stackGlobal: try name(opcode)
        case .reduce, .newObj, .newObjEx, .build, .binPersID: try make(opcode)
        case .emptyTuple, .tuple, .tuple1, .tuple2, .tuple3, .emptyList, .list, .append, .appends, .emptyDict, .dict,
            .setItem, .setItems, .emptySet, .addItems, .frozenSet:
            try contain(opcode)
        default: try push(try constant(opcode))
        }
    }

    // MARK: The stack

    mutating func push(_ value: PickleValue) throws(PyTorchError.Problem) {
        try count(1)
        stack.append(value)
    }

    /// Counts values before they take memory.
    mutating func count(_ more: Int) throws(PyTorchError.Problem) {
        values += more
        if values > Self.maxValues { throw wrong(.tooManyValues(limit: Self.maxValues)) }
    }

    /// Values below the last mark are out of reach.
    mutating func pop() throws(PyTorchError.Problem) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw wrong(.emptyStack) }
        return value
    }

    mutating func popMarked() throws(PyTorchError.Problem) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw wrong(.noMark) }
        let items = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return items
    }

    private mutating func number<Number: FixedWidthInteger>() throws(PyTorchError.Problem) -> Number {
        try cursor.number()
    }

    // MARK: Numbers and texts

    private mutating func constant(_ opcode: PickleOpcode) throws(PyTorchError.Problem) -> PickleValue {
        switch opcode {
        case .none: return .none
        case .newTrue: return .bool(true)
        case .newFalse: return .bool(false)
        case .binInt: return .integer(Int(try number() as Int32))
        case .binInt1: return .integer(Int(try number() as UInt8))
        case .binInt2: return .integer(Int(try number() as UInt16))
        case .long1: return try long(Int(try number() as UInt8))
        case .long4: return try long(Int(try number() as Int32))
        case .binFloat:
            _ = try number() as UInt64
            return .opaque("float")
        case .binString: return try text(UInt64(clamping: try number() as Int32))
        case .shortBinString, .shortBinUnicode: return try text(UInt64(try number() as UInt8))
        case .binUnicode: return try text(UInt64(try number() as UInt32))
        case .binUnicode8: return try text(try number())
        case .shortBinBytes: return try bytes(UInt64(try number() as UInt8))
        case .binBytes: return try bytes(UInt64(try number() as UInt32))
        case .binBytes8, .byteArray8: return try bytes(try number())
        default: preconditionFailure("\(opcode) is no constant")
        }
    }

    private mutating func text(_ count: UInt64) throws(PyTorchError.Problem) -> PickleValue {
        .string(try cursor.text(Int(clamping: count)))
    }

    /// Bytes are skipped: no tensor depends on them.
    private mutating func bytes(_ count: UInt64) throws(PyTorchError.Problem) -> PickleValue {
        _ = try cursor.advance(by: count)
        return .opaque("bytes")
    }

    /// In two's complement, little-endian.
    private mutating func long(_ count: Int) throws(PyTorchError.Problem) -> PickleValue {
        let bytes = cursor.bytes[try cursor.advance(by: count)]
        guard let last = bytes.last else { return .integer(0) }
        guard bytes.count <= 8 else { return .long(Array(bytes)) }
        let sign = last >= 0x80 ? -1 : 0
        return .integer(bytes.reversed().reduce(sign) { $0 << 8 | Int($1) })
    }

    // MARK: The memo

    private mutating func remember(_ opcode: PickleOpcode) throws(PyTorchError.Problem) {
        switch opcode {
        case .binGet: try recall(Int(try number() as UInt8))
        case .longBinGet: try recall(Int(try number() as UInt32))
        case .binPut: try store(Int(try number() as UInt8))
        case .longBinPut: try store(Int(try number() as UInt32))
        default: try store(memo.count)
        }
    }

    private mutating func recall(_ position: Int) throws(PyTorchError.Problem) {
        guard let value = memo[position] else { throw wrong(.notInMemo(position)) }
        try push(value)
    }

    private mutating func store(_ position: Int) throws(PyTorchError.Problem) {
        let value = try pop()
        try push(value)
        memo[position] = value
    }
}
