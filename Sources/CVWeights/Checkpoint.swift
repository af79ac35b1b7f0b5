import CVCore

/// The named tensors of a weight file from another framework, in any format that can be read: safetensors, and the files
/// of `torch.save`.
///
/// Wrappers and prefixes that training scripts add around the names are removed.
public struct Checkpoint: Sendable {
    /// A tensor of the file.
    public struct Entry: Sendable, Equatable {
        /// The key, without `prefix`.
        public let name: String
        /// The type of its elements in the file.
        public let dtype: SafetensorsDType
        /// The shape; empty for a scalar.
        public let shape: [Int]
    }

    /// The path of the file.
    public let path: String
    /// The tensors in the order of the file, without the `num_batches_tracked` of PyTorch's batch norms, from which nothing
    /// is computed.
    public let entries: [Entry]
    /// The keys that lead to the weights in the file, such as `["model", "state_dict"]`.
    public let wrappers: [String]
    /// The common prefix of all names, such as `module.`, which is removed.
    public let prefix: String
    private let content: Content

    private enum Content: Sendable {
        case safetensors(Safetensors)
        case pytorch(PyTorchCheckpoint)
    }

    /// Opens a file and checks its structure.
    ///
    /// - Parameter path: the path of the file.
    /// - Throws: `FileError`, `SafetensorsError` or `PyTorchError`.
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
        let relevant = all.filter { !$0.name.hasSuffix("num_batches_tracked") }
        let prefix = Self.prefix(of: relevant.map(\.name))
        self.prefix = prefix
        entries = relevant.map {
            Entry(name: String($0.name.dropFirst(prefix.count)), dtype: $0.dtype, shape: $0.shape)
        }
    }

    private static func isPyTorch(_ start: [UInt8]) -> Bool {
        switch WeightsFormat.recognize(start) {
        case .pytorchZip, .torchScript, .pickle: true
        default: false
        }
    }

    /// The prefixes that wrappers add: `DataParallel`, `torch.compile`, Lightning and others.
    private static let prefixes = ["module.", "_orig_mod.", "model.", "net.", "network."]

    /// The longest sequence of these with which every name begins.
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

    /// The elements of a tensor in row-major order.
    ///
    /// - Parameter name: the name of one of `entries`.
    /// - Returns: the elements as 32-bit floats.
    /// - Throws: `SafetensorsError`, or `PyTorchError` and `FileError`.
    public func floats(_ name: String) throws -> [Float] {
        switch content {
        case .safetensors(let file): try file.floats(prefix + name)
        case .pytorch(let file): try file.floats(prefix + name)
        }
    }

    /// The SHA-256 of the whole file in hexadecimal, read a megabyte at a time.
    ///
    /// - Returns: 64 hexadecimal digits.
    /// - Throws: `FileError` if the file cannot be read.
    public func sha256() throws(FileError) -> String {
        let file = try RandomAccessFile(path)
        var hash = SHA256()
        for start in stride(from: 0, to: file.count, by: 1 << 20) {
            hash.update(try file.read(at: start, count: min(1 << 20, file.count - start)))
        }
        return hash.hexDigest()
    }
}
