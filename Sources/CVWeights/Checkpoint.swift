import CVCore

/// The tensors by name of a file of weights from elsewhere, in any of the formats that can be read: safetensors, and
/// what `torch.save` writes.
///
/// What scripts of training put around the names is taken off.
public struct Checkpoint: Sendable {
    public struct Entry: Sendable, Equatable {
        public let name: String
        public let dtype: SafetensorsDType
        public let shape: [Int]
    }

    public let path: String
    /// In the order of the file; without the numbers of batches that batch-norms of PyTorch count, from which nothing is
    /// computed.
    public let entries: [Entry]
    /// The keys that led to the weights in the file.
    public let wrappers: [String]
    /// What all names began with, such as `module.`; it is taken off.
    public let prefix: String
    private let content: Content

    private enum Content: Sendable {
        case safetensors(Safetensors)
        case pytorch(PyTorchCheckpoint)
    }

    /// Throws `FileError`, `SafetensorsError` or `PyTorchError`.
    public init(path: String) throws {
        self.path = path
        let all: [Entry]
        if Self.isPyTorch(try FileInput.readPrefix(path, count: 4096).bytes) {
            let file = try PyTorchCheckpoint(path: path)
            all = file.entries.map { Entry(name: $0.name, dtype: $0.dtype, shape: $0.shape) }
            (content, wrappers) = (.pytorch(file), file.path)
        } else {
            let file = try Safetensors(path: path)
            all = file.header.entries.map { Entry(name: $0.name, dtype: $0.dtype, shape: $0.shape) }
            (content, wrappers) = (.safetensors(file), [])
        }
        let kept = all.filter { !$0.name.hasSuffix("num_batches_tracked") }
        let prefix = Self.prefix(of: kept.map(\.name))
        self.prefix = prefix
        entries = kept.map {
            Entry(name: String($0.name.dropFirst(prefix.count)), dtype: $0.dtype, shape: $0.shape)
        }
    }

    private static func isPyTorch(_ start: [UInt8]) -> Bool {
        switch WeightsFormat.recognize(start) {
        case .pytorchZip, .pickle, .zip: true
        default: false
        }
    }

    /// What the wrappers of PyTorch put before every name: `DataParallel`, `torch.compile`, Lightning and others.
    private static let prefixes = ["module.", "_orig_mod.", "model.", "net.", "network."]

    /// All of these that every name begins with, one after the other.
    private static func prefix(of names: [String]) -> String {
        var found = ""
        while !names.isEmpty, found.count < 100,
            let next = prefixes.first(where: { next in names.allSatisfy { $0.hasPrefix(found + next) } })
        {
            found += next
        }
        return found
    }

    /// Shapes by name.
    public var shapes: [String: [Int]] {
        Dictionary(entries.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    }

    /// The elements of one of `entries`, row-major. Throws what the format's own `floats` throws.
    public func floats(_ name: String) throws -> [Float] {
        switch content {
        case .safetensors(let file): try file.floats(prefix + name)
        case .pytorch(let file): try file.floats(prefix + name)
        }
    }

    /// SHA-256 of the whole file, read a megabyte at a time.
    public func sha256() throws(FileError) -> String {
        let file = try RandomAccessFile(path)
        var hash = SHA256()
        for start in stride(from: 0, to: file.count, by: 1 << 20) {
            hash.update(try file.read(at: start, count: min(1 << 20, file.count - start)))
        }
        return hash.hexDigest()
    }
}
