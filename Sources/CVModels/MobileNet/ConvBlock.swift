import CVNN
import CVTensor

/// Convolution without bias, normalisation, activation, as `torchvision.ops.Conv2dNormActivation`: `0` and `1` in the tree
/// of names.
///
/// x: [N, cin, H, W] -> [N, cout, H / stride, W / stride], rounded up.
struct ConvBlock: Layer {
    let conv: Conv2d, bn: BatchNorm2d
    let activation: Activation

    init(
        _ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, groups: Int = 1, epsilon: Float = 1e-5,
        momentum: Float = 0.1, then activation: Activation, _ p: ParameterScope
    ) {
        conv = Conv2d(
            cin, cout, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups, bias: false,
            initialized: .heNormal(fan: .output), p.scope("0"))
        bn = BatchNorm2d(cout, epsilon: epsilon, momentum: momentum, p.scope("1"))
        self.activation = activation
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convolved(x, conv, bn, activation) }
}
