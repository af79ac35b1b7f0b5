/// Normalisation by the statistics of some channels of one picture, as `torch.nn.functional.group_norm`
/// (Wu & He 2018, arXiv:1803.08494).
///
/// x: [N, C, H, W]; weight (γ), bias (β): [C], 1 and 0 if missing. For each picture, the channels are cut into `groups`
/// parts; y = γ · (x - mean) / √(variance + epsilon) + β with the mean and the biased variance of the part.
public func groupNorm(
    _ x: Tensor, groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5
) -> Tensor {
    let shape = ImageShape(x.shape, for: "groupNorm")
    precondition(groups > 0 && shape.channels % groups == 0, "groupNorm: \(groups) groups of \(x.shape)")
    for parameter in [weight, bias].compactMap({ $0 }) {
        precondition(parameter.shape == [shape.channels], "groupNorm: \(parameter.shape) for \(x.shape)")
    }
    // A group is a channel of a batch of one: what is left is the normalisation of that batch.
    let parts = shape.batch * groups
    let grouped = x.reshaped([1, parts, shape.channels / groups * shape.height, shape.width])
    let normalized = batchNorm(
        grouped, weight: Tensor(repeating: 1, shape: [parts]), bias: Tensor(repeating: 0, shape: [parts]),
        epsilon: epsilon
    ).y.reshaped(x.shape)
    let scaled = weight.map { normalized * $0.reshaped([1, shape.channels, 1, 1]) } ?? normalized
    return bias.map { scaled + $0.reshaped([1, shape.channels, 1, 1]) } ?? scaled
}

/// Normalisation of each channel of each picture, as `torch.nn.functional.instance_norm`
/// (Ulyanov et al. 2016, arXiv:1607.08022). See `groupNorm`.
public func instanceNorm(
    _ x: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5
) -> Tensor {
    groupNorm(
        x, groups: ImageShape(x.shape, for: "instanceNorm").channels, weight: weight, bias: bias, epsilon: epsilon)
}
