/// An array of 32-bit floats with a shape, row-major, as `torch.Tensor`.
///
/// A value: no operation changes a tensor that someone holds, so tensors may be shared between threads. Copies share
/// their memory.
public struct Tensor: Sendable {
    public let shape: Shape
    private(set) var storage: TensorStorage
    /// Where a tape watches it; nil for most tensors.
    let trace: Trace?

    /// A tensor with these values in row-major order.
    public init(_ values: [Float], shape: Shape) {
        precondition(values.count == shape.count, "\(shape) holds \(shape.count) values, found \(values.count)")
        self.init(shape: shape) { buffer in
            _ = buffer.initialize(from: values)
        }
    }

    /// A tensor whose every value is `value`.
    public init(repeating value: Float, shape: Shape) {
        self.init(shape: shape) { $0.initialize(repeating: value) }
    }

    /// A tensor that `fill` writes: it must set all `shape.count` values, of which none is set before.
    public init(shape: Shape, fill: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
        let storage = TensorStorage(count: shape.count)
        try fill(UnsafeMutableBufferPointer(start: storage.pointer, count: shape.count))
        self.init(shape: shape, storage: storage, trace: nil)
    }

    /// The result of an operation on other tensors, that `fill` writes: all `shape.count` values. Where one of the inputs
    /// is shape-only the result is, too, and `fill` is not called.
    package init(
        shape: Shape, from a: Tensor, _ b: Tensor? = nil, _ c: Tensor? = nil, _ d: Tensor? = nil,
        fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
    ) rethrows {
        if Tensor.areShapeOnly(a, b, c, d) {
            self = .shapeOnly(shape)
        } else {
            try self.init(shape: shape, fill: fill)
        }
    }

    /// Whether one of an operation's inputs has no values, so that its result has none.
    package static func areShapeOnly(_ a: Tensor, _ b: Tensor? = nil, _ c: Tensor? = nil, _ d: Tensor? = nil) -> Bool {
        func isShapeOnly(_ x: Tensor?) -> Bool { x?.isShapeOnly ?? false }
        return a.isShapeOnly || isShapeOnly(b) || isShapeOnly(c) || isShapeOnly(d)
    }

    /// A tensor that has a shape, but no values, as one on PyTorch's `meta` device: a network that is given one shows what
    /// it would compute, without arithmetic and without memory, whatever the size.
    ///
    /// An operation with a shape-only tensor among its inputs gives a shape-only result of the right shape, and is
    /// recorded as it would be otherwise. Asking for values is the programmer's mistake, and so is a gradient.
    ///
    /// - Parameter shape: of any size.
    /// - Returns: a tensor of this shape without values.
    public static func shapeOnly(_ shape: Shape) -> Tensor { Tensor(shape: shape, storage: .none) }

    /// Whether it has no values. See `shapeOnly(_:)`.
    public var isShapeOnly: Bool { storage.isNone }

    init(shape: Shape, storage: TensorStorage, trace: Trace? = nil) {
        self.shape = shape
        self.storage = storage
        self.trace = trace
    }

    /// The tape that watches it.
    public var tape: Tape? { trace?.tape }

    /// The same values, watched by no tape: gradients end here.
    public var detached: Tensor { trace == nil ? self : Tensor(shape: shape, storage: storage, trace: nil) }

    func traced(_ trace: Trace) -> Tensor { Tensor(shape: shape, storage: storage, trace: trace) }

    /// Whether this is the only tensor with this memory, which may then be written: nobody would see it.
    mutating func isSoleOwner() -> Bool { isKnownUniquelyReferenced(&storage) }

    /// The values in row-major order.
    public var values: [Float] { withValues { Array($0) } }

    /// The one value of a tensor that has one.
    public var item: Float {
        precondition(shape.count == 1, "a tensor of shape \(shape) has \(shape.count) values, not one")
        return storage.pointer[0]
    }

    /// Whether no value is NaN or infinite.
    public var isFinite: Bool {
        withValues { values in
            // An exponent of all ones is what NaN and infinity have; a sum of bits is quicker than a branch for each.
            let found = values.reduce(0 as UInt32) { $0 | ($1.bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0) }
            return found == 0
        }
    }

    /// Calls `body` with the values in row-major order; the pointer is good during the call.
    public func withValues<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        try withExtendedLifetime(storage) {
            try body(UnsafeBufferPointer(start: storage.pointer, count: shape.count))
        }
    }

    /// The same values under another shape of as many elements; nothing is copied.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == self.shape.count, "\(self.shape) cannot be seen as \(shape)")
        let (own, y) = (self.shape, Tensor(shape: shape, storage: storage, trace: nil))
        return y.recorded(as: .reshape(shape), (self, { $0.reshaped(own) }))
    }

    /// Returns the memory that tensors gave back, and that is kept for the next ones, to the system.
    public static func releaseUnusedMemory() { BufferPool.empty() }
}
