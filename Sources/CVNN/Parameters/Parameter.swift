import CVTensor

/// Tensors by key, as PyTorch's `state_dict()`.
public typealias StateDictionary = [String: Tensor]

/// A tensor that belongs to a layer, as `torch.nn.Parameter`: a weight, or a statistic such as a running mean.
///
/// A class, so that a layer, an optimizer and a checkpoint share one object. Whoever changes `value` must ensure that no
/// other thread uses the network meanwhile.
public final class Parameter: @unchecked Sendable {
    /// Its key in a checkpoint, such as `layer1.0.conv1.weight`.
    public let name: String
    /// The shape that the layer declared.
    public let shape: Shape
    /// The present value.
    public var value: Tensor
    /// Whether it is a buffer, such as a running mean: saved in a checkpoint, but without a gradient.
    public let isBuffer: Bool
    /// The gradient, accumulated over backward passes since it was last set to nil.
    public var gradient: Tensor?
    /// False for a frozen weight: no gradient is computed for it. A buffer is never trainable.
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

    /// The value as an input of the tape that watches `x`, so that the backward pass accumulates into `gradient`.
    ///
    /// Without a tape, or if the parameter is frozen, only the value.
    ///
    /// ```swift
    /// conv2d(x, weight.value(on: x), geometry)
    /// ```
    /// - Parameter x: the input of the operation, which carries the tape.
    /// - Returns: the value, of the shape `shape`.
    public func value(on x: Tensor) -> Tensor {
        guard let tape = x.tape else { return value }
        return tape.watch(value, name: name, owner: self, receive: isTrainable ? { self.add($0.detached) } : nil)
    }

    private func add(_ part: Tensor) { gradient = gradient.map { $0 + part } ?? part }
}
