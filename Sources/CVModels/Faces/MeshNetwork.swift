import CVTensor

/// A network for the points of a surface, such as that of a face, in three dimensions.
public protocol MeshNetwork: Sendable {
    /// How many points it finds.
    var pointCount: Int { get }

    /// Whether what it computes depends on the values of tensors, such as where it looks: then it cannot be captured as a
    /// graph.
    var decidesByValues: Bool { get }

    /// The points of an object.
    ///
    /// - Parameter x: [N, 3, side, side].
    /// - Returns: x, y and depth of each point, [N, 3 · pointCount], in pixels of the input; and the logit [N, 1] of an object
    ///   being there.
    func callAsFunction(_ x: Tensor) -> (points: Tensor, presence: Tensor)
}

extension MeshNetwork {
    /// Most networks compute the same steps whatever they see.
    public var decidesByValues: Bool { false }
}
