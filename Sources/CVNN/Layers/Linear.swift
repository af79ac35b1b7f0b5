import CVTensor

/// Fully connected layer, as `torch.nn.Linear`: x · weightᵀ + bias.
///
/// x: [.., in] -> [.., out]. weight: [out, in]; bias: [out].
public struct Linear: Layer {
    /// [out, in].
    public let weight: Parameter
    /// [out]; nil without a bias.
    public let bias: Parameter?

    /// Creates the layer and declares `weight` and `bias`.
    ///
    /// - Parameters:
    ///   - inputs: the number of input features.
    ///   - outputs: the number of output features.
    ///   - bias: whether there is a bias.
    ///   - initializer: the distribution of the weight when there is no checkpoint.
    ///   - p: the scope of the layer.
    public init(
        _ inputs: Int, _ outputs: Int, bias: Bool = true, initialized initializer: Initializer = .pyTorchWeight,
        _ p: ParameterScope
    ) {
        let shape: Shape = [outputs, inputs]
        weight = p.parameter("weight", shape: shape, initialized: initializer)
        self.bias = bias ? p.parameter("bias", shape: [outputs], initialized: .pyTorchBias(of: shape)) : nil
    }

    /// Computes x · weightᵀ + bias.
    ///
    /// - Parameter x: [.., in].
    /// - Returns: [.., out].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        linear(x, weight.value(on: x), bias: bias?.value(on: x))
    }
}
