import CVNN
import CVTensor

extension ConvNorm {
    /// Convolution, batch normalization, ReLU: what the Inception networks are made of, as torchvision's `BasicConv2d`.
    ///
    /// x: [N, cin, H, W] -> [N, cout, H / stride, W / stride], less the window's border where it is not padded.
    /// Keys: `conv.weight`, `bn.weight`, …. deviation: that of the normally distributed weights before training.
    static func inception(
        _ cin: Int, _ cout: Int, kernel: (height: Int, width: Int), stride: Int = 1, padded: Bool = true,
        deviation: Float, _ p: ParameterScope
    ) -> ConvNorm {
        func axis(_ kernel: Int) -> ConvGeometry.Axis {
            let padding = padded ? kernel / 2 : 0
            return .init(kernel: kernel, stride: stride, padding: (padding, padding))
        }
        return ConvNorm(
            Conv2d(
                cin, cout, ConvGeometry(y: axis(kernel.height), x: axis(kernel.width)), bias: false,
                initialized: .normal(deviation: deviation), p.scope("conv")),
            BatchNorm2d(cout, epsilon: 1e-3, p.scope("bn")), .relu)
    }
}
