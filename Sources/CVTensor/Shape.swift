/// The sizes of the dimensions of a tensor, outermost first: `[N, C, H, W]` for images, as `torch.Size`.
public struct Shape: Sendable, Equatable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The sizes, outermost first.
    public let dimensions: [Int]

    /// A shape with these sizes.
    ///
    /// - Parameter dimensions: each 0 or more.
    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "a dimension of \(dimensions) is negative")
        self.dimensions = dimensions
    }

    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// Number of elements; 1 for a scalar (no dimensions).
    public var count: Int { dimensions.reduce(1, *) }
    /// Number of dimensions.
    public var rank: Int { dimensions.count }
    /// The size of one dimension.
    ///
    /// - Parameter index: counted from the first, 0 ..< rank.
    public subscript(index: Int) -> Int { dimensions[index] }
    public var description: String { dimensions.description }
}

/// The four sizes of a batch of images.
struct ImageShape {
    let batch, channels, height, width: Int

    var plane: Int { height * width }
    var image: Int { channels * height * width }

    /// - Parameter operation: named in the message when the tensor has another rank, a programmer's mistake.
    init(_ shape: Shape, for operation: String) {
        precondition(shape.rank == 4, "\(operation): [N, C, H, W] expected, found \(shape)")
        (batch, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
    }
}
