import CVCore
import CVNN
import CVTensor

/// The weights in a file that `torch.save` wrote: `.pth`, `.pt` or `.bin`, of version 1.6 and later or the format before.
///
/// ```swift
/// let checkpoint = try PyTorchCheckpoint(path: "resnet50.pth")
/// let network = try load({ ResNet(.resnet50, $0) }, from: checkpoint.stateDictionary())
/// ```
/// Nothing in the file is run. A pickle is a program; here a machine of its own follows it that knows a few names and calls
/// nothing (`PickleMachine`). Sizes are checked before memory is taken.
public struct PyTorchCheckpoint: Sendable {
    /// A tensor of the file.
    public struct Entry: Sendable {
        public let name: String
        let tensor: TorchTensor
        /// Where the bytes of its storage are.
        let storage: Range<Int>

        public var dtype: SafetensorsDType { tensor.storage.dtype }
        /// Empty for a scalar.
        public var shape: [Int] { tensor.shape }
    }

    /// In the order of the file.
    public let entries: [Entry]
    /// Where the weights were in the file: the keys that lead to them, such as `["model", "state_dict"]`; empty where they
    /// were not wrapped.
    public let path: [String]
    /// What stood between the weights and is no tensor.
    public let leftOut: [String]
    private let source: ByteSource
    private let file: String?
    private let indices: [String: Int]

    /// The pickle of a large network has a megabyte or two: this is that of one with hundreds of thousands of tensors.
    static let maxPickleBytes = 64 << 20

    /// Reads the structure of the file at `path`, and checks it; values are read when they are asked for.
    ///
    /// Throws `FileError` or `PyTorchError`.
    public init(path: String) throws {
        try self.init(.file(RandomAccessFile(path)), file: path)
    }

    /// The same for the bytes of a whole file; `file` is its path, for messages.
    public init(_ bytes: [UInt8], file: String? = nil) throws {
        try self.init(.memory(bytes), file: file)
    }

    private init(_ source: ByteSource, file: String?) throws {
        self.source = source
        self.file = file
        do {
            let content = try PyTorchContent(source)
            let weights = try WrappedWeights(content.root, content.heap)
            path = weights.path
            leftOut = weights.leftOut
            entries = try weights.tensors.map { name, tensor in
                Entry(name: name, tensor: tensor, storage: try content.position(of: tensor.storage))
            }
            try Self.checkProportion(entries, fileBytes: source.count)
            try content.checkChecksums(of: Set(entries.map(\.tensor.storage.key)), source)
        } catch let problem as PyTorchError.Problem {
            throw PyTorchError(problem, in: file)
        }
        indices = Dictionary(entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Views may share a storage, as tied weights do. Memory is not taken for what a small file claims in this way.
    private static func checkProportion(_ entries: [Entry], fileBytes: Int) throws(PyTorchError.Problem) {
        var total = 0
        for entry in entries {
            let tensor = entry.tensor
            let bytes = max(tensor.count, tensor.extent).multipliedReportingOverflow(by: entry.dtype.byteCount ?? 1)
            let (sum, overflow) = total.addingReportingOverflow(bytes.partialValue)
            total = bytes.overflow || overflow ? .max : sum
            if total > 4 * fileBytes + 1 << 20 {
                throw .tooManyElements(bytes: total, fileBytes: fileBytes)
            }
        }
    }

    /// The entry of this name; nil if there is none.
    public subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }

    /// The elements of the tensor `name`, row-major, as `Float`.
    ///
    /// F32, F16 and BF16 are exact, F64 is rounded to nearest. Throws `PyTorchError.noTensor`, or `.notFloats` for other
    /// types; `FileError` for a file that has changed meanwhile.
    public func floats(_ name: String) throws -> [Float] {
        guard let entry = self[name] else {
            let nearest = nearestName(to: name, in: entries.lazy.map(\.name))
            throw PyTorchError(.noTensor(name, nearest: nearest), in: file)
        }
        guard entry.dtype.convertsToFloat else {
            throw PyTorchError(.notFloats(tensor: name, dtype: entry.dtype), in: file)
        }
        let tensor = entry.tensor
        guard tensor.count > 0 else { return [] }
        let values = try extent(of: entry)
        return tensor.isContiguous ? values : tensor.gathered(from: values)
    }

    /// All tensors of floating point by name. Those of other types are left out, such as the numbers of batches that a
    /// batch-norm counts.
    public func stateDictionary() throws -> StateDictionary {
        var state: StateDictionary = [:]
        for entry in entries where entry.dtype.convertsToFloat {
            state[entry.name] = Tensor(try floats(entry.name), shape: Shape(entry.shape))
        }
        return state
    }

    /// The elements from the first to the last that a tensor sees, as they stand in its storage.
    private func extent(of entry: Entry) throws -> [Float] {
        let (tensor, elementBytes) = (entry.tensor, entry.dtype.byteCount ?? 1)
        let start = entry.storage.lowerBound + tensor.offset * elementBytes
        var failure: (any Error)?
        let values = [Float](unsafeUninitializedCapacity: tensor.extent) { target, initialized in
            do throws(FileError) {
                if entry.dtype == .f32 {
                    let bytes = UnsafeMutableRawBufferPointer(start: target.baseAddress, count: 4 * tensor.extent)
                    try source.read(at: start, into: bytes)
                } else {
                    let bytes = try source.read(at: start, count: tensor.extent * elementBytes)
                    bytes.withUnsafeBytes { Safetensors.convert($0, entry.dtype, to: target) }
                }
                initialized = tensor.extent
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return values
    }
}

extension TorchTensor {
    /// Its elements in row-major order, from those of its storage that begin at its first.
    fileprivate func gathered(from values: [Float]) -> [Float] {
        // The stride of a dimension of one element is never gone, and may be any number.
        let steps = zip(shape, strides).map { $0 == 1 ? 0 : $1 }
        return [Float](unsafeUninitializedCapacity: count) { target, initialized in
            var index = [Int](repeating: 0, count: shape.count)
            var position = 0
            for number in 0..<count {
                target[number] = values[position]
                for dimension in shape.indices.reversed() {
                    index[dimension] += 1
                    position += steps[dimension]
                    if index[dimension] < shape[dimension] { break }
                    position -= shape[dimension] * steps[dimension]
                    index[dimension] = 0
                }
            }
            initialized = count
        }
    }
}
