import CKernels
import CVCore

/// Batch normalisation with the statistics gathered in training, as `torch.nn.functional.batch_norm` in inference
/// (Ioffe & Szegedy 2015, arXiv:1502.03167).
///
/// x: [N, C, H, W]; mean, variance, weight (γ), bias (β): [C]. y = γ · (x - mean) / √(variance + epsilon) + β.
public func batchNorm(
    _ x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, epsilon: Float
) -> Tensor {
    let input = PictureShape(x.shape, for: "batchNorm")
    for parameter in [mean, variance, weight, bias] {
        precondition(
            parameter.shape == [input.channels], "batchNorm: [\(input.channels)] expected, found \(parameter.shape)")
    }
    let (mean, variance, weight, bias) = (mean.values, variance.values, weight.values, bias.values)
    return Tensor(shape: x.shape) { y in
        x.withValues { x in
            Parallel.forEach(input.batch * input.channels) { index in
                let channel = index % input.channels
                let scale = weight[channel] / (variance[channel] + epsilon).squareRoot()
                cvk_scale_shift(
                    InstructionSet.current.kernel, scale, bias[channel] - mean[channel] * scale,
                    x.baseAddress! + index * input.plane, y.baseAddress! + index * input.plane, input.plane)
            }
        }
    }
}
