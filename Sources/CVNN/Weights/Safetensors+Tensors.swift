import CVTensor

extension Safetensors {
    /// All tensors of the file by name, as 32-bit floats.
    ///
    /// - Throws: `SafetensorsError.notFloats` for a tensor of integers or another type that holds no numbers for layers.
    public func stateDictionary() throws(SafetensorsError) -> StateDictionary {
        var state: StateDictionary = [:]
        for entry in header.entries {
            state[entry.name] = Tensor(try floats(entry.name), shape: Shape(entry.shape))
        }
        return state
    }
}
