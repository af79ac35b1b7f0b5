import CVTensor

/// `activation(bn(conv(x)) + residual)`: without a tape the convolution ends with the normalisation, while its results
/// are in the cache; with one, the normalisation, the sum and the activation are one operation.
///
/// x: [N, Cin, H, W] -> [N, Cout, Ho, Wo]. The convolution has no bias: the normalisation would subtract it again.
public func convolved(
    _ x: Tensor, _ conv: Conv2d, _ bn: BatchNorm2d, adding residual: Tensor? = nil, _ activation: Activation
) -> Tensor {
    let isShapeOnly = x.isShapeOnly || conv.weight.value.isShapeOnly
    guard x.tape == nil, conv.bias == nil, !isShapeOnly else { return bn(conv(x), adding: residual, then: activation) }
    func convolved(_ activation: Activation) -> Tensor {
        conv2d(x, conv.weight.value, conv.geometry(over: x), then: bn.epilogue(activation))
    }
    return residual.map { activation(convolved(.linear) + $0) } ?? convolved(activation)
}
