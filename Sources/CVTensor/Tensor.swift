/// An array of 32-bit floats with a shape, row-major, as `torch.Tensor`.
///
/// A value: no operation changes a tensor that someone holds, so tensors may be shared between threads. Copies share
/// their memory.
public struct Tensor: Sendable {
    /// The sizes of its dimensions.
    public let shape: Shape
    private(set) var storage: TensorStorage
    /// Its node on a tape; nil for most tensors.
    let trace: Trace?

    /// A tensor with given values, as `torch.tensor(values).reshape(shape)`.
    ///
    /// - Parameters:
    ///   - values: in row-major order.
    ///   - shape: of as many elements.
    public init(_ values: [Float], shape: Shape) {
        precondition(values.count == shape.count, "\(shape) holds \(shape.count) values, found \(values.count)")
        self.init(shape: shape) { buffer in
            _ = buffer.initialize(from: values)
        }
    }

    /// A tensor of equal values, as `torch.full`.
    ///
    /// - Parameters:
    ///   - value: of every element.
    ///   - shape: of any size.
    public init(repeating value: Float, shape: Shape) {
        self.init(shape: shape) { $0.initialize(repeating: value) }
    }

    /// A tensor whose values a closure writes.
    ///
    /// - Parameters:
    ///   - shape: of any size.
    ///   - fill: must initialize all `shape.count` values, in row-major order.
    /// - Throws: what `fill` throws.
    public init(shape: Shape, fill: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
        let storage = TensorStorage(count: shape.count)
        try fill(UnsafeMutableBufferPointer(start: storage.pointer, count: shape.count))
        self.init(shape: shape, storage: storage, trace: nil)
    }

    /// The result of an operation on other tensors; `fill` writes all `shape.count` values. If one of the inputs is
    /// shape-only, so is the result, and `fill` is not called.
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

    /// A tensor that has a shape, but no values, as one on PyTorch's `meta` device: a network applied to it shows what
    /// it would compute, without arithmetic and without memory, at any size.
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

    /// Whether this is the only tensor with this memory, which may then be overwritten: nobody else reads it.
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

    /// Calls a closure with the values, without a copy.
    ///
    /// - Parameter body: receives the values in row-major order; the pointer is valid during the call only.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public func withValues<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        try withExtendedLifetime(storage) {
            try body(UnsafeBufferPointer(start: storage.pointer, count: shape.count))
        }
    }

    /// The same values in another shape, as `torch.reshape`; nothing is copied.
    ///
    /// - Parameter shape: of as many elements.
    /// - Returns: a tensor that shares the memory.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == self.shape.count, "\(self.shape) cannot be reshaped to \(shape)")
        let (own, y) = (self.shape, Tensor(shape: shape, storage: storage, trace: nil))
        return y.recorded(as: .reshape(shape), (self, { $0.reshaped(own) }))
    }

    /// Returns cached memory, which is kept for future tensors, to the system, as `torch.cuda.empty_cache`.
    public static func releaseUnusedMemory() { BufferPool.empty() }
}
