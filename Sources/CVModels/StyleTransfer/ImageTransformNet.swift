import CVNN
import CVTensor

/// Feed-forward style transfer: stylizes an image in a single pass (Johnson, Alahi & Fei-Fei 2016, arXiv:1603.08155).
///
/// x: [N, 3, H, W] -> [N, 3, ⌈H / 4⌉ · 4, ⌈W / 4⌉ · 4], colors from 0 to 1 in both; H and W at least `minimumSide`.
///
/// As PyTorch's example fast_neural_style and with its keys (`conv1.conv2d.weight`, `res1.in2.bias`): instance
/// normalization (Ulyanov et al. 2016, arXiv:1607.08022), reflection padding, and nearest-neighbor upsampling before a
/// convolution instead of transposed convolutions, which cause checkerboard artifacts. As in the paper, and unlike the
/// example, the last activation is bounded: a sigmoid.
public struct ImageTransformNet: Layer {
    /// A convolution, an optional normalization, and the activation.
    package struct Stage: Layer {
        package let convolution: ReflectedConv2d
        package let normalization: InstanceNorm2d?
        package let activation: Activation

        package func callAsFunction(_ x: Tensor) -> Tensor {
            let y = convolution(x)
            return activation(normalization?(y) ?? y)
        }
    }

    /// x + second(first(x)).
    package struct ResidualBlock: Layer {
        package let first, second: Stage

        init(_ width: Int, _ form: ImageTransformNet.Variant, _ p: ParameterScope) {
            func stage(_ number: Int, _ activation: Activation) -> Stage {
                Stage(
                    convolution: ReflectedConv2d(
                        width, width, kernel: 3, bias: form.hasBias, p.scope("conv\(number)")),
                    normalization: InstanceNorm2d(width, affine: true, p.scope("in\(number)")), activation: activation)
            }
            first = stage(1, .relu)
            second = stage(2, .linear)
        }

        package func callAsFunction(_ x: Tensor) -> Tensor { x + second(first(x)) }
    }

    /// Smaller images cannot be reflected at the borders.
    public static let minimumSide = 5

    /// From full size to a quarter.
    package let down: [Stage]
    /// At a quarter.
    package let blocks: [ResidualBlock]
    /// Back to full size; the last produces the colors.
    package let up: [Stage]

    /// Declares the layers and their parameters.
    ///
    /// - Parameters:
    ///   - form: the variant.
    ///   - p: the scope of the parameters.
    public init(_ form: ImageTransformNet.Variant, _ p: ParameterScope) {
        func normalization(_ number: Int, _ channels: Int) -> InstanceNorm2d {
            InstanceNorm2d(channels, affine: true, p.scope("in\(number)"))
        }
        down = zip([3] + form.down, form.down).enumerated().map { index, widths in
            let isFirst = index == 0
            return Stage(
                convolution: ReflectedConv2d(
                    widths.0, widths.1, kernel: isFirst ? 9 : 3, stride: isFirst ? 1 : 2, bias: form.hasBias,
                    p.scope("conv\(index + 1)")),
                normalization: normalization(index + 1, widths.1), activation: .relu)
        }
        let width = form.down[form.down.count - 1]
        blocks = (1...form.blocks).map { ResidualBlock(width, form, p.scope("res\($0)")) }
        let outputs = form.up + [3]
        up = zip([width] + form.up, outputs).enumerated().map { index, widths in
            let isLast = index == outputs.count - 1
            return Stage(
                convolution: ReflectedConv2d(
                    widths.0, widths.1, kernel: isLast ? 9 : 3, upsampling: isLast ? 1 : 2, bias: form.hasBias,
                    p.scope("deconv\(index + 1)")),
                normalization: isLast && !form.normalizesColors
                    ? nil : normalization(form.down.count + index + 1, widths.1),
                activation: isLast ? .sigmoid : .relu)
        }
    }

    /// The stylized image.
    ///
    /// - Parameter x: [N, 3, H, W], colors from 0 to 1.
    /// - Returns: [N, 3, ⌈H / 4⌉ · 4, ⌈W / 4⌉ · 4], colors from 0 to 1.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        var y = x
        for stage in down { y = stage(y) }
        for block in blocks { y = block(y) }
        for stage in up { y = stage(y) }
        return y
    }
}

/// A convolution with reflection padding, after optional nearest-neighbor upsampling.
///
/// x: [N, Cin, H, W] -> [N, Cout, ⌈factor · H / stride⌉, ⌈factor · W / stride⌉] for odd kernels.
package struct ReflectedConv2d: Layer {
    package let conv2d: Conv2d
    package let upsampling: Int

    init(
        _ cin: Int, _ cout: Int, kernel: Int, stride: Int = 1, upsampling: Int = 1, bias: Bool, _ p: ParameterScope
    ) {
        conv2d = Conv2d(cin, cout, kernel: kernel, stride: stride, bias: bias, p.scope("conv2d"))
        self.upsampling = upsampling
    }

    /// Reflected pixels at each border.
    package var padding: Int { conv2d.geometry.y.kernel / 2 }

    package func callAsFunction(_ x: Tensor) -> Tensor {
        let y = upsampling > 1 ? upsampleNearest(x, factor: upsampling) : x
        return conv2d(pad2d(y, top: padding, bottom: padding, left: padding, right: padding, mode: .reflect))
    }
}
