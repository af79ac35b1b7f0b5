import CVNN
import CVTensor

extension ConvNorm {
    /// Convolution, batch normalization, ReLU: the building block of Inception networks, as torchvision's
    /// `BasicConv2d`.
    ///
    /// x: [N, cin, H, W] -> [N, cout, H / stride, W / stride], smaller by the window's border if it is not padded.
    /// Keys: `conv.weight`, `bn.weight`, ….
    ///
    /// - Parameter deviation: the standard deviation of the initial weights.
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
