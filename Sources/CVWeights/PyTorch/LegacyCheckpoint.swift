import CVCore

/// The format of `torch.save` before version 1.6: five pickles (a magic number, a version, system information, the object,
/// the keys of its storages), then for each key the number of elements and the elements.
struct LegacyCheckpoint {
    let heap: PickleHeap
    let root: PickleValue
    /// The range of the bytes of each storage in the file.
    let storages: [String: Range<Int>]

    /// 0x1950A86A20F9469CFC6C.
    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

    init(_ source: ByteSource) throws {
        let limit = PyTorchCheckpoint.maxPickleBytes
        var cursor = ByteCursor(try source.read(at: 0, count: min(limit, source.count)))
        let keys: [PickleValue]
        do throws(PyTorchError.Problem) {
            guard case .long(Self.magic) = try Self.next(&cursor).value else { throw .notACheckpoint(.pickle) }
            guard case .integer(1001) = try Self.next(&cursor).value else { throw .notACheckpoint(.pickle) }
            let system = try Self.next(&cursor)
            let isLittle = system.heap.members(system.value)?.first { $0.key == "little_endian" }
            if case .bool(false)? = isLittle?.value { throw .bigEndian }
            (root, heap) = try Self.next(&cursor)
            let list = try Self.next(&cursor)
            keys = list.heap.sequence(list.value) ?? []
        } catch {
            if case .endsEarly = error, source.count > limit {
                throw PyTorchError.Problem.pickleTooLong(bytes: source.count, limit: limit)
            }
            throw error
        }
        storages = try Self.positions(of: keys, in: heap, source, from: cursor.position)
    }

    private static func next(
        _ cursor: inout ByteCursor
    ) throws(PyTorchError.Problem) -> (value: PickleValue, heap: PickleHeap) {
        var machine = PickleMachine(cursor)
        let value = try machine.run()
        cursor = machine.cursor
        return (value, machine.heap)
    }

    /// The storages are stored in the order of their keys, each after its number of elements.
    private static func positions(
        of keys: [PickleValue], in heap: PickleHeap, _ source: ByteSource, from start: Int
    ) throws -> [String: Range<Int>] {
        let known = Dictionary(heap.storages.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var positions: [String: Range<Int>] = [:]
        var position = start
        for key in keys {
            guard case .string(let key) = key, let storage = known[key] else {
                throw PyTorchError.Problem.noStorage(key: "?")
            }
            let left = source.count - position
            guard left >= 8 else { throw PyTorchError.Problem.endsEarly(at: position, needed: 8, left: left) }
            var number = ByteCursor(try source.read(at: position, count: 8))
            let count = try number.number(UInt64.self)
            let elementBytes = storage.dtype.byteCount ?? 1
            let bytes = count.multipliedReportingOverflow(by: UInt64(elementBytes))
            guard !bytes.overflow, bytes.partialValue <= UInt64(left - 8) else {
                throw PyTorchError.Problem.endsEarly(
                    at: position + 8, needed: Int(clamping: bytes.partialValue), left: left - 8)
            }
            positions[key] = position + 8..<position + 8 + Int(bytes.partialValue)
            position += 8 + Int(bytes.partialValue)
        }
        return positions
    }
}
