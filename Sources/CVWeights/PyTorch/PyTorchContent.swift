import CVCore

/// The value of the pickle of a file, and the ranges of its storages, in either format.
struct PyTorchContent {
    let root: PickleValue
    let heap: PickleHeap
    private let positions: [String: Range<Int>]
    private let checksums: [String: UInt32]

    init(_ source: ByteSource) throws {
        let start = try source.read(at: 0, count: min(4096, source.count))
        if start.starts(with: [0x50, 0x4B]) {
            try self.init(archive: source)
        } else if start.first == PickleOpcode.proto.rawValue {
            self.init(try LegacyCheckpoint(source))
        } else {
            throw PyTorchError.Problem.notACheckpoint(WeightsFormat.recognize(start))
        }
    }

    private init(_ legacy: LegacyCheckpoint) {
        (root, heap, positions, checksums) = (legacy.root, legacy.heap, legacy.storages, [:])
    }

    /// A zip archive with one folder: `data.pkl`, `byteorder`, and `data/KEY` for each storage.
    private init(archive source: ByteSource) throws {
        let directory = try ZipDirectory(source)
        let pickles = directory.entries.keys.filter { $0.hasSuffix("/data.pkl") && $0.split(separator: "/").count == 2 }
        guard pickles.count == 1, let name = pickles.first, let entry = directory.entries[name] else {
            throw PyTorchError.Problem.archive(.noPickle)
        }
        let folder = String(name.dropLast("data.pkl".count))
        if directory.entries[folder + "constants.pkl"] != nil { throw PyTorchError.Problem.torchScript }
        if let order = directory.entries[folder + "byteorder"] {
            let count = min(order.bytes.count, 16)
            let text = String(decoding: try source.read(at: order.bytes.lowerBound, count: count), as: UTF8.self)
            if text == "big" { throw PyTorchError.Problem.bigEndian }
            if text != "little" { throw PyTorchError.Problem.unknownByteOrder(text) }
        }
        let limit = PyTorchCheckpoint.maxPickleBytes
        guard entry.bytes.count <= limit else {
            throw PyTorchError.Problem.pickleTooLong(bytes: entry.bytes.count, limit: limit)
        }
        let pickle = try source.read(at: entry.bytes.lowerBound, count: entry.bytes.count)
        if let checksum = entry.checksum, CRC32.checksum(pickle) != checksum {
            throw PyTorchError.Problem.damaged(entry: name)
        }
        var machine = PickleMachine(ByteCursor(pickle))
        root = try machine.run()
        heap = machine.heap
        let data = folder + "data/"
        let storages = directory.entries.filter { $0.key.hasPrefix(data) }
        func keyed<Value>(_ value: (ZipDirectory.Entry) -> Value?) -> [String: Value] {
            let pairs = storages.compactMap { name, entry in
                value(entry).map { (String(name.dropFirst(data.count)), $0) }
            }
            return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        }
        (positions, checksums) = (keyed(\.bytes), keyed(\.checksum))
    }

    /// The range of the bytes of a storage, after checking its size.
    func position(of storage: TorchStorage) throws(PyTorchError.Problem) -> Range<Int> {
        guard let position = positions[storage.key] else { throw .noStorage(key: storage.key) }
        let elementBytes = storage.dtype.byteCount ?? 1
        // The same bytes may also be viewed as elements of another size, with a remainder.
        guard position.count / elementBytes == storage.count else {
            let expected = storage.count.multipliedReportingOverflow(by: elementBytes)
            throw .wrongStorage(
                key: storage.key, expected: expected.overflow ? .max : expected.partialValue, found: position.count)
        }
        return position
    }

    func checkChecksums(of keys: Set<String>, _ source: ByteSource) throws {
        for key in keys.sorted() {
            guard let position = positions[key], let checksum = checksums[key] else { continue }
            if try source.checksum(position) != checksum { throw PyTorchError.Problem.damaged(entry: "data/" + key) }
        }
    }
}
