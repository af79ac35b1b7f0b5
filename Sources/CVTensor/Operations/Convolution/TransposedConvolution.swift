import CKernels
import CVCore

/// 2-D transposed convolution, as `torch.nn.functional.conv_transpose2d`: each pixel of x adds the kernel, weighted
/// with its value, to y (Dumoulin & Visin 2016, arXiv:1603.07285, chapter 4).
///
/// x: [N, Cin, H, W], weight: [Cin, Cout / groups, kernel, kernel], bias: [Cout] -> [N, Cout, Ho, Wo], where
/// Ho = (H - 1) · stride - padding + dilation · (kernel - 1) + outputPadding + 1. The geometry is that of the convolution
/// from y to x whose gradient this is; `outputPadding`, less than the stride, says which of the sizes that such a
/// convolution would take to H × W is meant.
public func convTranspose2d(
    _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, _ geometry: ConvGeometry,
    outputPadding: (y: Int, x: Int) = (0, 0)
) -> Tensor {
    let input = ImageShape(x.shape, for: "convTranspose2d")
    let filters = ImageShape(weight.shape, for: "convTranspose2d weight")
    precondition(
        input.channels == filters.batch && filters.batch % geometry.groups == 0
            && filters.height == geometry.y.kernel && filters.width == geometry.x.kernel,
        "convTranspose2d: weight \(weight.shape) does not fit input \(x.shape), \(geometry)")
    let height = geometry.y.transposedSize(input.height, outputPadding: outputPadding.y)
    let width = geometry.x.transposedSize(input.width, outputPadding: outputPadding.x)
    precondition(height > 0 && width > 0, "convTranspose2d: \(geometry) leaves nothing of \(x.shape)")
    let (pixels, kernels) = (x.detached, weight.detached)
    let channels = filters.channels * geometry.groups
    let y =
        Tensor.areShapeOnly(x, weight, bias)
        ? .shapeOnly([input.batch, channels, height, width])
        : conv2dInputGradient(pixels, kernels, geometry, height: height, width: width)
    var rules: [GradientRule] = [
        (x, { conv2d($0, kernels, geometry) }),
        (weight, { conv2dWeightGradient(pixels, $0, geometry, shape: kernels.shape) }),
    ]
    if let bias {
        precondition(bias.shape == [channels], "convTranspose2d: bias \(bias.shape) for \(channels) channels")
        if !y.isShapeOnly { add(bias, toChannelsOf: y) }
        rules.append((bias, { sumOfChannels($0) }))
    }
    return y.recorded(
        as: .convTranspose2d(geometry, outputPaddingY: outputPadding.y, outputPaddingX: outputPadding.x), rules)
}

/// In place: nobody else holds the result yet.
private func add(_ bias: Tensor, toChannelsOf y: Tensor) {
    let shape = ImageShape(y.shape, for: "convTranspose2d bias")
    bias.withValues { bias in
        Parallel.forEach(shape.batch * shape.channels) { index in
            let plane = y.storage.pointer + index * shape.plane
            cvk_scale_shift(
                InstructionSet.current.cValue, 1, bias[index % shape.channels], plane, plane, shape.plane)
        }
    }
}

extension ConvGeometry.Axis {
    /// The size of which this window makes `size` positions.
    fileprivate func transposedSize(_ size: Int, outputPadding: Int) -> Int {
        precondition(
            outputPadding >= 0 && outputPadding < stride,
            "convTranspose2d: output padding \(outputPadding) with stride \(stride)")
        return (size - 1) * stride - padding.before - padding.after + dilation * (kernel - 1) + outputPadding + 1
    }
}
