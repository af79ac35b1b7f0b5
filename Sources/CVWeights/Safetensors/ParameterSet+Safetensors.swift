import CVNN

extension ParameterSet {
    /// The bytes of a safetensors file with all values.
    ///
    /// hashData: whether the metadata gets the checksum of the values, as in `Safetensors.encode`.
    public func safetensors(
        storage: SafetensorsTensor.Storage = .f32, metadata: [String: String] = [:], hashData: Bool = false
    ) throws(SafetensorsError) -> [UInt8] {
        let tensors = map {
            SafetensorsTensor($0.name, shape: $0.value.shape.dimensions, values: $0.value.values, storage: storage)
        }
        return try Safetensors.encode(tensors, metadata: metadata, hashData: hashData)
    }
}
