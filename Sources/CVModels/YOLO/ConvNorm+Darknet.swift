import CVNN
import CVTensor

extension ConvNorm {
    /// Convolution, batch normalization, leaky ReLU of slope 0.1: the building block of darknet networks.
    ///
    /// x: [N, Cin, H, W] -> [N, Cout, H / stride, W / stride], rounded up. Keys: `conv.weight`, `bn.weight`, ….
    static func darknet(_ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, _ p: ParameterScope) -> ConvNorm {
        ConvNorm(
            cin, cout, kernel: kernel, stride: stride, epsilon: 1e-6, .leakyReLU(slope: 0.1),
            initialized: .pyTorchWeight, keys: ("conv", "bn"), p)
    }
}
