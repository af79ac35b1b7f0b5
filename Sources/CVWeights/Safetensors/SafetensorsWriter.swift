import CKernels
import CVCore

/// A tensor to write to a safetensors file.
public struct SafetensorsTensor: Sendable {
    /// The element type in the file. The 16-bit types round to nearest, ties to even.
    public enum Storage: Sendable, CaseIterable {
        /// The type of the same name.
        case f32, f16, bf16

        /// The element type of the format.
        public var dtype: SafetensorsDType {
            switch self {
            case .f32: .f32
            case .f16: .f16
            case .bf16: .bf16
            }
        }

        fileprivate var elementBytes: Int { self == .f32 ? 4 : 2 }
    }

    /// The key.
    public let name: String
    /// The shape.
    public let shape: [Int]
    /// The elements in row-major order.
    public let values: [Float]
    /// The element type in the file.
    public let storage: Storage

    /// Creates a tensor.
    ///
    /// - Parameters:
    ///   - name: the name.
    ///   - shape: the shape; its product is the number of values.
    ///   - values: the elements in row-major order.
    ///   - storage: the element type in the file.
    public init(_ name: String, shape: [Int], values: [Float], storage: Storage = .f32) {
        precondition(
            shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == values.count,
            "\(name): the shape \(shape) has \(shape.reduce(1, *)) elements, but \(values.count) values are given")
        self.name = name
        self.shape = shape
        self.values = values
        self.storage = storage
    }

    fileprivate var byteCount: Int { values.count * storage.elementBytes }
}

extension Safetensors {
    /// Encodes tensors and metadata as a safetensors file.
    ///
    /// The same input gives the same bytes, whatever the order of `tensors`: as in the reference library they are sorted by
    /// type, then by name, and the header is padded with spaces so that the data begins at a multiple of 8.
    ///
    /// - Parameters:
    ///   - tensors: the tensors, with unique names.
    ///   - metadata: the `__metadata__`.
    ///   - hashData: whether the SHA-256 of all bytes after the header is added to the metadata as `data_sha256`.
    /// - Returns: the bytes of the file.
    /// - Throws: `SafetensorsError` for a duplicate or reserved name, and for a finite value that F16 would make infinite.
    public static func encode(
        _ tensors: [SafetensorsTensor], metadata: [String: String] = [:], hashData: Bool = false
    ) throws(SafetensorsError) -> [UInt8] {
        try check(tensors)
        let sorted = tensors.sorted(by: comesBefore)
        var metadata = metadata
        let hashKey = WeightsMetadata.Key.dataSHA256.rawValue
        // A placeholder of the length of the hash, which is known when the data are written.
        if hashData { metadata[hashKey] = String(repeating: "0", count: 64) }
        let start = header(sorted, metadata)
        // The data may fill most of the memory: they are written once, at their final position.
        var file: [UInt8] = []
        file.reserveCapacity(start.count + tensors.reduce(0) { $0 + $1.byteCount })
        file += start
        for tensor in sorted { append(tensor, to: &file) }
        if hashData {
            metadata[hashKey] = file.withUnsafeBytes {
                SHA256.hexDigest(of: UnsafeRawBufferPointer(rebasing: $0[start.count...]))
            }
            file.replaceSubrange(..<start.count, with: header(sorted, metadata))
        }
        return file
    }

    /// The bytes before the data: the length of the header, and the header.
    private static func header(_ sorted: [SafetensorsTensor], _ metadata: [String: String]) -> [UInt8] {
        var members: [JSONMember] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }
            members.append(JSONMember(SafetensorsHeader.metadataKey, .object(texts)))
        }
        var begin = 0
        for tensor in sorted {
            let end = begin + tensor.byteCount
            let description: JSONValue = [
                "dtype": .string(tensor.storage.dtype.rawValue), "shape": .array(tensor.shape.map { .integer($0) }),
                "data_offsets": [.integer(begin), .integer(end)],
            ]
            members.append(JSONMember(tensor.name, description))
            begin = end
        }
        var header = JSONValue.object(members).utf8
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    }

    /// The larger types first, which keeps every tensor aligned to its element; then by the bytes of the name.
    private static func comesBefore(_ a: SafetensorsTensor, _ b: SafetensorsTensor) -> Bool {
        let types = SafetensorsDType.allCases
        let (first, second) = (types.firstIndex(of: a.storage.dtype)!, types.firstIndex(of: b.storage.dtype)!)
        return first != second ? first > second : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }

    private static func check(_ tensors: [SafetensorsTensor]) throws(SafetensorsError) {
        var names: Set<String> = []
        for tensor in tensors {
            if tensor.name == SafetensorsHeader.metadataKey { throw SafetensorsError(.reservedName(tensor.name)) }
            if !names.insert(tensor.name).inserted { throw SafetensorsError(.nameTakenTwice(tensor.name)) }
            // 65520 is halfway between the largest F16 and the next power of two, and is rounded up.
            if tensor.storage == .f16,
                let index = tensor.values.firstIndex(where: { $0.isFinite && $0.magnitude >= 65520 })
            {
                let value = tensor.values[index]
                throw SafetensorsError(.tooLargeForF16(tensor: tensor.name, index: index, value: value))
            }
        }
    }

    private static func append(_ tensor: SafetensorsTensor, to file: inout [UInt8]) {
        let kernel = InstructionSet.current.cValue
        let count = tensor.values.count
        tensor.values.withUnsafeBufferPointer { values in
            if tensor.storage == .f32 { return file.append(contentsOf: UnsafeRawBufferPointer(values)) }
            file += [UInt8](unsafeUninitializedCapacity: tensor.byteCount) { bytes, initialized in
                initialized = tensor.byteCount
                guard count > 0 else { return }
                switch tensor.storage {
                case .f32: break
                case .f16: cvk_f32_to_f16(kernel, values.baseAddress, bytes.baseAddress, count)
                case .bf16: cvk_f32_to_bf16(kernel, values.baseAddress, bytes.baseAddress, count)
                }
            }
        }
    }
}
