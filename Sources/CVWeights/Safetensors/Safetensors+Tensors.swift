import CVNN
import CVTensor

extension Safetensors {
    /// All tensors of the file by name, as 32-bit floats.
    ///
    /// - Throws: `SafetensorsError.notFloats` for a tensor of integers or another type that holds no numbers for layers.
    public func stateDictionary() throws(SafetensorsError) -> StateDictionary {
        var state: StateDictionary = [:]
        for entry in header.entries {
            state[entry.name] = try tensor(entry)
        }
        return state
    }

    private func tensor(_ entry: SafetensorsHeader.Entry) throws(SafetensorsError) -> Tensor {
        try checkFloats(entry)
        return Tensor(shape: Shape(entry.shape)) { target in
            withBytes(of: entry) { Self.convert($0, entry.dtype, to: target) }
        }
    }
}
