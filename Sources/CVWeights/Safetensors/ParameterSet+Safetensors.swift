import CVNN

extension ParameterSet {
    /// Encodes all values as a safetensors file.
    ///
    /// - Parameters:
    ///   - storage: the element type in the file.
    ///   - metadata: the `__metadata__` of the file.
    ///   - hashData: whether the checksum of the data is added to the metadata, as in `Safetensors.encode`.
    /// - Returns: the bytes of the file.
    /// - Throws: `SafetensorsError` for a value that the storage cannot represent.
    public func safetensors(
        storage: SafetensorsTensor.Storage = .f32, metadata: [String: String] = [:], hashData: Bool = false
    ) throws(SafetensorsError) -> [UInt8] {
        let tensors = map {
            SafetensorsTensor($0.name, shape: $0.value.shape.dimensions, values: $0.value.values, storage: storage)
        }
        return try Safetensors.encode(tensors, metadata: metadata, hashData: hashData)
    }
}
