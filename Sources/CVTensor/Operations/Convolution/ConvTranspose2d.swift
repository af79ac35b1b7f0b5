/// 2-D transposed convolution, as `torch.nn.functional.conv_transpose2d`: each pixel of x adds the kernel, weighted
/// with its value, to y (Dumoulin & Visin 2016, arXiv:1603.07285, chapter 4).
///
/// Ho = (H - 1) · stride - padding + dilation · (kernel - 1) + outputPadding + 1.
///
/// - Parameters:
///   - x: [N, Cin, H, W].
///   - weight: [Cin, Cout / groups, kernel, kernel].
///   - bias: [Cout].
///   - geometry: that of the convolution from y to x whose gradient this is.
///   - outputPadding: less than the stride: selects one of the sizes that a convolution would reduce to H × W.
/// - Returns: [N, Cout, Ho, Wo].
public func convTranspose2d(
    _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, _ geometry: ConvGeometry,
    outputPadding: (y: Int, x: Int) = (0, 0)
) -> Tensor {
    let problem = ConvProblem(transposedFrom: x.shape, weight.shape, bias: bias?.shape, geometry, outputPadding)
    let (pixels, kernels) = (x.detached, weight.detached)
    let y =
        Tensor.areShapeOnly(x, weight, bias)
        ? .shapeOnly(problem.inputShape) : problem.backwardData(pixels, kernels, Epilogue(bias: bias))
    var rules: [GradientRule] = [
        (x, { problem.forward($0, kernels) }),
        (weight, { problem.backwardWeights(pixels, $0) }),
    ]
    if let bias { rules.append((bias, { sumOfChannels($0) })) }
    return y.recorded(
        as: .convTranspose2d(geometry, outputPaddingY: outputPadding.y, outputPaddingX: outputPadding.x), rules)
}

extension ConvProblem {
    /// The convolution whose backward-data is this transposed convolution.
    fileprivate init(
        transposedFrom x: Shape, _ weight: Shape, bias: Shape?, _ geometry: ConvGeometry,
        _ outputPadding: (y: Int, x: Int)
    ) {
        let input = ImageShape(x, for: "convTranspose2d")
        let filters = ImageShape(weight, for: "convTranspose2d weight")
        precondition(
            input.channels == filters.batch && filters.batch % geometry.groups == 0
                && filters.height == geometry.y.kernel && filters.width == geometry.x.kernel,
            "convTranspose2d: weight \(weight) does not fit input \(x), \(geometry)")
        let height = geometry.y.transposedSize(input.height, outputPadding: outputPadding.y)
        let width = geometry.x.transposedSize(input.width, outputPadding: outputPadding.x)
        precondition(height > 0 && width > 0, "convTranspose2d: \(geometry) leaves nothing of \(x)")
        let channels = filters.channels * geometry.groups
        precondition(bias == nil || bias == [channels], "convTranspose2d: bias \(bias!) for \(channels) channels")
        self.init(x: [input.batch, channels, height, width], weight: weight, geometry, for: "convTranspose2d")
    }
}

extension ConvGeometry.Axis {
    /// The size on which this window has `size` positions.
    fileprivate func transposedSize(_ size: Int, outputPadding: Int) -> Int {
        precondition(
            outputPadding >= 0 && outputPadding < stride,
            "convTranspose2d: output padding \(outputPadding) with stride \(stride)")
        return (size - 1) * stride - padding.before - padding.after + dilation * (kernel - 1) + outputPadding + 1
    }
}
