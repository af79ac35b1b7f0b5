import CKernels
import CVCore

/// A safetensors file in memory: named tensors and text metadata.
///
/// ```swift
/// let file = try Safetensors(path: "yolov3-tiny.safetensors")
/// let weight = try file.floats("module_list.0.Conv2d.weight")
/// ```
public struct Safetensors: Sendable {
    /// Names, types, shapes and metadata.
    public let header: SafetensorsHeader
    private let bytes: [UInt8]

    /// The `__metadata__` of the file.
    public var metadata: [String: String] { header.metadata }

    /// Parses a whole file.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of the file.
    ///   - file: its path, for messages.
    /// - Throws: `SafetensorsError` for a malformed header.
    public init(_ bytes: [UInt8], file: String? = nil) throws(SafetensorsError) {
        self.header = try SafetensorsHeader(start: bytes, fileBytes: bytes.count, file: file)
        self.bytes = bytes
    }

    /// Reads a file.
    ///
    /// The header is checked before the data is read, so that a large file of another format is rejected at once.
    ///
    /// - Parameter path: the path of the file.
    /// - Throws: `FileError` or `SafetensorsError`.
    public init(path: String) throws {
        _ = try SafetensorsHeader.read(path)
        try self.init(FileInput.read(path), file: path)
    }

    /// The entry of a tensor.
    ///
    /// - Parameter name: the name of the tensor.
    /// - Returns: its type, shape and range.
    /// - Throws: `SafetensorsError.noTensor` with the nearest name.
    public func entry(_ name: String) throws(SafetensorsError) -> SafetensorsHeader.Entry {
        if let entry = header[name] { return entry }
        let nearest = nearestName(to: name, in: header.entries.lazy.map(\.name))
        throw SafetensorsError(.noTensor(name, nearest: nearest), in: header.file)
    }

    /// Calls `body` with the bytes of a tensor as stored in the file: little-endian, row-major, possibly unaligned.
    ///
    /// - Parameters:
    ///   - entry: an entry of this file.
    ///   - body: reads the bytes, which are valid during the call only.
    /// - Returns: the result of `body`.
    public func withBytes<Result>(of entry: SafetensorsHeader.Entry, _ body: (UnsafeRawBufferPointer) -> Result)
        -> Result
    {
        bytes.withUnsafeBytes { all in
            let start = header.dataOffset + entry.range.lowerBound
            return body(UnsafeRawBufferPointer(rebasing: all[start..<start + entry.range.count]))
        }
    }

    /// The elements of a tensor in row-major order as 32-bit floats.
    ///
    /// F32, F16 and BF16 are exact, F64 is rounded to nearest.
    ///
    /// - Parameter name: the name of the tensor.
    /// - Returns: the elements.
    /// - Throws: `SafetensorsError.noTensor`, or `.notFloats` for other types.
    public func floats(_ name: String) throws(SafetensorsError) -> [Float] {
        let entry = try entry(name)
        try checkFloats(entry)
        let count = entry.elementCount
        return withBytes(of: entry) { source in
            [Float](unsafeUninitializedCapacity: count) { target, initialized in
                initialized = count
                if count > 0 { Self.convert(source, entry.dtype, to: target) }
            }
        }
    }

    func checkFloats(_ entry: SafetensorsHeader.Entry) throws(SafetensorsError) {
        guard entry.dtype.convertsToFloat else {
            throw SafetensorsError(.notFloats(tensor: entry.name, dtype: entry.dtype), in: header.file)
        }
    }

    static func convert(
        _ source: UnsafeRawBufferPointer, _ dtype: SafetensorsDType, to target: UnsafeMutableBufferPointer<Float>
    ) {
        let kernel = InstructionSet.current.cValue
        let count = source.count / dtype.byteCount!
        switch dtype {
        case .f16: cvk_f16_to_f32(kernel, source.baseAddress, target.baseAddress, count)
        case .bf16: cvk_bf16_to_f32(kernel, source.baseAddress, target.baseAddress, count)
        case .f32: UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
        case .f64:
            for index in 0..<count {
                let bits = source.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                target[index] = Float(Double(bitPattern: UInt64(littleEndian: bits)))
            }
        default: preconditionFailure("no conversion from \(dtype.rawValue) to Float")
        }
    }

    // MARK: NaN and infinity

    /// The floating-point tensors (F64, F32, F16, BF16) that contain NaN or infinity.
    ///
    /// - Returns: one record for each such tensor.
    public func nonFiniteTensors() -> [NonFiniteTensor] {
        header.entries.compactMap { entry in
            withBytes(of: entry) { bytes in
                switch entry.dtype {
                // What is infinite as the 32-bit float that a network computes with.
                case .f64:
                    Self.scan(entry.name, bytes, UInt64.self, infinity: 0x7FF << 52, least: 0x47EF_FFFF_F000_0000)
                case .f32: Self.scan(entry.name, bytes, UInt32.self, infinity: 0xFF << 23)
                case .f16: Self.scan(entry.name, bytes, UInt16.self, infinity: 0x1F << 10)
                case .bf16: Self.scan(entry.name, bytes, UInt16.self, infinity: 0xFF << 7)
                default: nil
                }
            }
        }
    }

    /// Checks that no floating-point tensor contains NaN or infinity.
    ///
    /// - Throws: `SafetensorsError.nonFinite` with all such tensors.
    public func checkFinite() throws(SafetensorsError) {
        let tensors = nonFiniteTensors()
        if !tensors.isEmpty { throw SafetensorsError(.nonFinite(tensors), in: header.file) }
    }

    /// `infinity` is the bit pattern of infinity: a larger magnitude is NaN. From `least` on, values count as infinite.
    private static func scan<Bits: FixedWidthInteger & UnsignedInteger>(
        _ name: String, _ bytes: UnsafeRawBufferPointer, _: Bits.Type, infinity: Bits, least: Bits? = nil
    ) -> NonFiniteTensor? {
        let least = least ?? infinity
        let size = MemoryLayout<Bits>.size
        let count = bytes.count / size
        func magnitude(_ index: Int) -> Bits {
            Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: index &* size, as: Bits.self)) & (Bits.max &>> 1)
        }
        var largest: Bits = 0
        for index in 0..<count { largest = max(largest, magnitude(index)) }
        if largest < least { return nil }
        let nans = (0..<count).count { magnitude($0) > infinity }
        let infinities = (0..<count).count { (least...infinity).contains(magnitude($0)) }
        let first = (0..<count).first { magnitude($0) >= least } ?? 0
        return NonFiniteTensor(name: name, nanCount: nans, infinityCount: infinities, firstIndex: first)
    }

    // MARK: Variances

    /// The variances of batch norms, tensors named `running_var`, that have a negative value.
    ///
    /// - Returns: one record for each such tensor.
    public func negativeVariances() -> [NegativeVariance] {
        header.entries.compactMap { entry in
            let isVariance = entry.name == "running_var" || entry.name.hasSuffix(".running_var")
            guard isVariance, let values = try? floats(entry.name) else { return nil }
            guard let first = values.firstIndex(where: { $0 < 0 }) else { return nil }
            return NegativeVariance(
                name: entry.name, count: values.count { $0 < 0 }, firstIndex: first, value: values[first])
        }
    }

    /// Checks that a network can compute with all values: none is NaN or infinite, and no variance is negative.
    ///
    /// - Throws: `SafetensorsError.nonFinite` or `.negativeVariance` with all such tensors.
    public func checkValues() throws(SafetensorsError) {
        try checkFinite()
        let tensors = negativeVariances()
        if !tensors.isEmpty { throw SafetensorsError(.negativeVariance(tensors), in: header.file) }
    }

    // MARK: Checksum

    /// The SHA-256 of all bytes after the header, in hexadecimal.
    ///
    /// - Returns: 64 hexadecimal digits.
    public func dataSHA256() -> String {
        bytes.withUnsafeBytes { SHA256.hexDigest(of: UnsafeRawBufferPointer(rebasing: $0[header.dataOffset...])) }
    }
}
