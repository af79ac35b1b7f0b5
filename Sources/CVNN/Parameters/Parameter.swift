import CVTensor

/// Tensors by their names, as PyTorch's `state_dict()`.
public typealias StateDictionary = [String: Tensor]

/// A tensor that belongs to a layer: a weight, or a statistic such as a running mean.
///
/// A reference, so that a layer, the optimiser and a file that is written all mean the same one. Whoever changes
/// `value` sees to it that no other thread uses the network meanwhile.
public final class Parameter: @unchecked Sendable {
    /// Its key in a checkpoint, such as `layer1.0.conv1.weight`.
    public let name: String
    public var value: Tensor

    init(name: String, value: Tensor) {
        self.name = name
        self.value = value
    }
}
