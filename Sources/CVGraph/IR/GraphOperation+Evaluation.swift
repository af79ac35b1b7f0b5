import CVTensor

extension GraphOperation {
    /// The definition of the operation: a result computed with tensors, without fusion.
    ///
    /// What a plan does where it has no step for an operation, and what its steps are tested against.
    ///
    /// - Parameter x: the inputs.
    /// - Returns: the result.
    package func applied(to x: [Tensor]) -> Tensor {
        switch self {
        case .tensor(let operation): operation.applied(to: x)
        case .convolution(let convolution): convolution.applied(to: x[0], adding: x.count > 1 ? x[1] : nil)
        case .add(let activation): activation(x[0] + x[1])
        case .affine(let scale, let shift, let activation):
            activation(
                x[0] * scale.reshaped([1, scale.shape[0], 1, 1]) + shift.reshaped([1, shift.shape[0], 1, 1]))
        case .squeezeExcite(let squeeze, let excite):
            x[0] * excite.applied(to: squeeze.applied(to: globalAveragePool2d(x[0])))
        }
    }
}

extension FusedConvolution {
    /// The convolution, its bias, the residual and the activation, one after the other.
    package func applied(to x: Tensor, adding residual: Tensor? = nil) -> Tensor {
        // Features [N, C] are images of one pixel.
        let image = x.shape.rank == 2 ? x.reshaped([x.shape[0], x.shape[1], 1, 1]) : x
        let weight = scaledWeight()
        let y =
            transposed.map {
                convTranspose2d(image, weight, bias: bias, geometry, outputPadding: (y: $0.y, x: $0.x))
            } ?? conv2d(image, weight, bias: bias, geometry)
        return activation(residual.map { y + $0.reshaped(y.shape) } ?? y)
    }
}

extension Graph {
    /// Computes the graph node by node from the definitions, without a plan.
    ///
    /// - Parameter x: a tensor for each input.
    /// - Returns: a tensor for each output.
    package func evaluated(_ x: [Tensor]) -> [Tensor] {
        var found = values.map(\.constant)
        for (input, tensor) in zip(inputs, x) { found[input] = tensor }
        for node in nodes {
            let result = node.operation.applied(to: node.inputs.map { found[$0]! })
            found[node.output] = result.reshaped(values[node.output].shape)
        }
        return outputs.map { found[$0]! }
    }
}
