import CVTensor

/// Fully connected layer, as `torch.nn.Linear`: x · weightᵀ + bias.
///
/// x: [.., in] -> [.., out]. weight: [out, in]; bias: [out].
public struct Linear: Layer {
    public let weight: Parameter
    public let bias: Parameter?

    public init(
        _ inputs: Int, _ outputs: Int, bias: Bool = true, initialized initializer: Initializer = .pyTorchWeight,
        _ p: ParameterScope
    ) {
        let shape: Shape = [outputs, inputs]
        weight = p.parameter("weight", shape: shape, initialized: initializer)
        self.bias = bias ? p.parameter("bias", shape: [outputs], initialized: .pyTorchBias(of: shape)) : nil
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        linear(x, weight.value(on: x), bias: bias?.value(on: x))
    }
}
