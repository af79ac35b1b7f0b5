import CVTensor

/// `activation(bn(conv(x)))`: in one pass over memory where no tape watches, in three that are recorded where one does.
///
/// x: [N, Cin, H, W] -> [N, Cout, Ho, Wo]. The convolution has no bias: the normalisation would subtract it again.
public func convolved(_ x: Tensor, _ conv: Conv2d, _ bn: BatchNorm2d, _ activation: Activation) -> Tensor {
    guard x.tape == nil, conv.bias == nil else { return activation(bn(conv(x))) }
    return conv2d(x, conv.weight.value, conv.geometry, then: bn.epilogue(activation))
}
