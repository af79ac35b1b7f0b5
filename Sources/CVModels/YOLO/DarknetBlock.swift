import CVNN
import CVTensor

/// Convolution, batch normalisation, leaky ReLU of slope 0.1: the block that darknet networks are made of.
///
/// x: [N, Cin, H, W] -> [N, Cout, H / stride, W / stride], rounded up. Keys: `conv.weight`, `bn.weight`, ….
struct DarknetBlock: Layer {
    let conv: Conv2d, bn: BatchNorm2d
    let activation = Activation.leakyReLU(slope: 0.1)

    init(_ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, _ p: ParameterScope) {
        conv = Conv2d(
            cin, cout, kernel: kernel, stride: stride, padding: kernel / 2, bias: false, p.scope("conv"))
        bn = BatchNorm2d(cout, epsilon: 1e-6, p.scope("bn"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { convolved(x, conv, bn, activation) }
}
