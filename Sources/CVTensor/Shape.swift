/// The sizes of a tensor's dimensions, the slowest first. Pictures are `[N, C, H, W]`, as in PyTorch.
public struct Shape: Sendable, Equatable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
    public let dimensions: [Int]

    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "a dimension of \(dimensions) is negative")
        self.dimensions = dimensions
    }

    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// Number of elements; 1 for a scalar (no dimensions).
    public var count: Int { dimensions.reduce(1, *) }
    public var rank: Int { dimensions.count }
    public subscript(index: Int) -> Int { dimensions[index] }
    public var description: String { dimensions.description }
}

/// The four sizes of a batch of pictures, for operations that work on those.
struct ImageShape {
    let batch, channels, height, width: Int

    var plane: Int { height * width }
    var image: Int { channels * height * width }

    /// `operation` is named when the tensor has another rank: that is the programmer's mistake.
    init(_ shape: Shape, for operation: String) {
        precondition(shape.rank == 4, "\(operation): [N, C, H, W] expected, found \(shape)")
        (batch, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
    }
}
