/// Group normalization, as `torch.nn.functional.group_norm` (Wu & He 2018, arXiv:1803.08494).
///
/// The channels of each image are divided into groups; y = γ · (x - mean) / √(variance + epsilon) + β with the mean and
/// the biased variance of the group.
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - groups: a divisor of C.
///   - weight: γ, [C]; nil for 1.
///   - bias: β, [C]; nil for 0.
///   - epsilon: added to the variance.
/// - Returns: [N, C, H, W].
public func groupNorm(
    _ x: Tensor, groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5
) -> Tensor {
    let norm = GroupNormalization(x, groups: groups, weight, bias, epsilon, for: "groupNorm")
    return norm.result(
        as: .groupNorm(groups: groups, epsilon: epsilon, hasWeight: weight != nil, hasBias: bias != nil))
}

/// Instance normalization: of each channel of each image, as `torch.nn.functional.instance_norm`
/// (Ulyanov et al. 2016, arXiv:1607.08022).
///
/// - Parameters:
///   - x: [N, C, H, W].
///   - weight: γ, [C]; nil for 1.
///   - bias: β, [C]; nil for 0.
///   - epsilon: added to the variance.
/// - Returns: [N, C, H, W].
public func instanceNorm(
    _ x: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5
) -> Tensor {
    let channels = ImageShape(x.shape, for: "instanceNorm").channels
    let norm = GroupNormalization(x, groups: channels, weight, bias, epsilon, for: "instanceNorm")
    return norm.result(as: .instanceNorm(epsilon: epsilon, hasWeight: weight != nil, hasBias: bias != nil))
}

/// A group is seen as a channel of a batch of one: what remains is the normalization of that batch, and a scale and a
/// shift of each channel.
private struct GroupNormalization {
    private let x: Tensor
    private let weight, bias: Tensor?
    private let batch: BatchNormalization
    /// The shape of one value for each channel that is broadcast over x.
    private let perChannel: Shape
    private let parts: Shape

    init(_ x: Tensor, groups: Int, _ weight: Tensor?, _ bias: Tensor?, _ epsilon: Float, for name: String) {
        let shape = ImageShape(x.shape, for: name)
        precondition(groups > 0 && shape.channels % groups == 0, "\(name): \(groups) groups of \(x.shape)")
        for parameter in [weight, bias].compactMap({ $0 }) {
            precondition(parameter.shape == [shape.channels], "\(name): \(parameter.shape) for \(x.shape)")
        }
        (self.x, self.weight, self.bias) = (x, weight, bias)
        perChannel = [1, shape.channels, 1, 1]
        let count = shape.batch * groups
        parts = [1, count, shape.channels / groups * shape.height, shape.width]
        batch = BatchNormalization(
            x.detached.reshaped(parts), Tensor(repeating: 1, shape: [count]), Tensor(repeating: 0, shape: [count]),
            epsilon, nil, relu: false)
    }

    /// - Parameter operation: what the tape records.
    func result(as operation: @autoclosure () -> Operation) -> Tensor {
        // Not self, whose x is the one that the tape watches.
        let (batch, parts, perChannel, shape) = (batch, parts, perChannel, x.shape)
        let (grouped, statistics) = batch.run()
        let normalized = grouped.reshaped(shape)
        let gamma = weight?.detached.reshaped(perChannel)
        let scaled = gamma.map { normalized * $0 } ?? normalized
        let y = bias.map { scaled + $0.detached.reshaped(perChannel) } ?? scaled
        var rules: [GradientRule] = [
            (
                x,
                { dy in
                    let scaled = gamma.map { dy * $0 } ?? dy
                    return batch.gradients(scaled.reshaped(parts), y: grouped, statistics).x.reshaped(shape)
                }
            )
        ]
        let channels: Shape = [shape[1]]
        if let weight { rules.append((weight, { ($0 * normalized).sum(to: perChannel).reshaped(channels) })) }
        if let bias { rules.append((bias, { $0.sum(to: perChannel).reshaped(channels) })) }
        return y.recorded(as: operation(), rules)
    }
}
