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
    /// As the layer declared it.
    public let shape: Shape
    public var value: Tensor
    /// True for what a layer keeps beside its weights, such as a running mean: it is saved, but has no gradient.
    public let isBuffer: Bool
    /// The sum of what tapes gave since it was last set to nil.
    public var gradient: Tensor?
    /// False for a frozen weight: no gradient is computed for it. A buffer never is trainable.
    public var isTrainable: Bool {
        didSet { precondition(!(isTrainable && isBuffer), "\(name) is a buffer: it cannot be trained") }
    }

    init(name: String, shape: Shape, value: Tensor, isBuffer: Bool) {
        self.name = name
        self.shape = shape
        self.value = value
        self.isBuffer = isBuffer
        isTrainable = !isBuffer
    }

    /// Its value as an input of the tape that watches `x`, which gives it its gradient; without a tape, or where it is
    /// frozen, only its value.
    ///
    /// ```swift
    /// conv2d(x, weight.value(on: x), geometry)
    /// ```
    public func value(on x: Tensor) -> Tensor {
        guard let tape = x.tape else { return value }
        return tape.watch(value, name: name, owner: self, receive: isTrainable ? { self.add($0.detached) } : nil)
    }

    private func add(_ part: Tensor) { gradient = gradient.map { $0 + part } ?? part }
}
