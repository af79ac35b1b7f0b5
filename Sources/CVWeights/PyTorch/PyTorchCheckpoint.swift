import CVCore
import CVNN
import CVTensor

/// The weights in a file of `torch.save`: `.pth`, `.pt` or `.bin`, of version 1.6 and later or the format before.
///
/// ```swift
/// let checkpoint = try PyTorchCheckpoint(path: "resnet50.pth")
/// let network = try ParameterSet.load({ ResNet(.resnet50, $0) }, from: checkpoint.stateDictionary()).network
/// ```
/// Nothing in the file is executed. A pickle is a program; `PickleMachine` interprets it with a fixed list of names and
/// calls nothing. Sizes are checked before memory is allocated.
package struct PyTorchCheckpoint: Sendable {
    /// A tensor of the file.
    package struct Entry: Sendable {
        /// The key.
        package let name: String
        let tensor: TorchTensor
        /// The range of the bytes of its storage in the file.
        let storage: Range<Int>

        /// The element type.
        package var dtype: SafetensorsDType { tensor.storage.dtype }
        /// The shape; empty for a scalar.
        package var shape: [Int] { tensor.shape }
    }

    /// The tensors in the order of the file.
    package let entries: [Entry]
    /// The keys that lead to the weights in the file, such as `["model", "state_dict"]`; empty if they are not wrapped.
    package let path: [String]
    /// The keys beside the weights whose values are not tensors.
    package let leftOut: [String]
    private let source: ByteSource
    private let file: String?
    private let indices: [String: Int]

    /// Enough for hundreds of thousands of tensors; the pickle of a large network has a megabyte or two.
    static let maxPickleBytes = 64 << 20

    /// Reads and checks the structure of a file; values are read on demand.
    ///
    /// - Parameter path: the path of the file.
    /// - Throws: `FileError` or `PyTorchError`.
    package init(path: String) throws {
        try self.init(.file(RandomAccessFile(path)), file: path)
    }

    /// Parses the bytes of a whole file; `file` is its path, for messages.
    package init(_ bytes: [UInt8], file: String? = nil) throws {
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

    /// Views may share a storage, as tied weights do. The total is bounded, so that a small file cannot claim much memory.
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
    package subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }

    /// The elements of a tensor in row-major order as 32-bit floats.
    ///
    /// F32, F16 and BF16 are exact, F64 is rounded to nearest.
    ///
    /// - Parameter name: the name of the tensor.
    /// - Returns: the elements.
    /// - Throws: `PyTorchError.noTensor`, or `.notFloats` for other types; `FileError` for a file that has changed meanwhile.
    package func floats(_ name: String) throws -> [Float] {
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
        let own = tensor.isContiguous ? values : tensor.gathered(from: values)
        return tensor.isNegated ? own.map { -$0 } : own
    }

    /// All floating-point tensors by name. Others, such as `num_batches_tracked`, are left out.
    ///
    /// - Returns: the tensors, as PyTorch's `state_dict()`.
    /// - Throws: `FileError` for a file that has changed meanwhile.
    package func stateDictionary() throws -> StateDictionary {
        var state: StateDictionary = [:]
        for entry in entries where entry.dtype.convertsToFloat {
            state[entry.name] = Tensor(try floats(entry.name), shape: Shape(entry.shape))
        }
        return state
    }

    /// The elements from the first to the last that a tensor covers, in the order of its storage.
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
    /// Its elements in row-major order; `values` are those of its storage from its first element on.
    fileprivate func gathered(from values: [Float]) -> [Float] {
        // The stride of a dimension of one element is never used, and may be any number.
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
