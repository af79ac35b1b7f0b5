import CVNN
import CVTensor

extension Safetensors {
    /// All tensors by name, converted to 32-bit floats.
    ///
    /// - Returns: the tensors, as PyTorch's `state_dict()`.
    /// - Throws: `SafetensorsError.notFloats` for a tensor of integers or another type that does not convert to floats.
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
