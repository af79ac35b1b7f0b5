/// A convolution with all that follows it in inference: `activation(norm(conv(x)) + residual)`.
///
/// Without a tape it is one pass over memory; on a tape each part is an operation of its own.
package struct FusedConv2d: Sendable {
    /// A normalization of channels with given statistics. See `batchNorm`.
    package struct Normalization: Sendable {
        let mean, variance, weight, bias: Tensor
        let epsilon: Float

        /// mean, variance, weight (γ), bias (β): [C]. epsilon is added to the variance.
        package init(mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, epsilon: Float) {
            precondition(
                mean.shape.rank == 1 && [variance, weight, bias].allSatisfy { $0.shape == mean.shape },
                "Normalization: mean \(mean.shape), variance \(variance.shape), weight \(weight.shape), "
                    + "bias \(bias.shape)")
            (self.mean, self.variance, self.weight, self.bias, self.epsilon) = (mean, variance, weight, bias, epsilon)
        }
    }

    private let weight: Tensor
    private let bias: Tensor?
    private let geometry: ConvGeometry
    private let normalization: Normalization?
    /// The variances of the normalization, [C]; nil without one.
    package var variance: Tensor? { normalization?.variance }
    private let epilogue: Epilogue

    /// - Parameters:
    ///   - weight: [Cout, Cin / groups, kernel, kernel].
    ///   - bias: [Cout].
    ///   - geometry: how the window moves over the image.
    ///   - normalization: of the output channels; nil for none.
    ///   - activation: the last.
    package init(
        _ weight: Tensor, bias: Tensor?, _ geometry: ConvGeometry, _ normalization: Normalization?,
        _ activation: Activation
    ) {
        (self.weight, self.bias, self.geometry, self.normalization) = (weight, bias, geometry, normalization)
        epilogue = normalization.map { Epilogue($0, bias: bias, activation) } ?? Epilogue(bias: bias, activation)
        precondition(
            epilogue.channels == nil || epilogue.channels == weight.shape[0],
            "FusedConv2d: \(epilogue.channels!) channels after weight \(weight.shape)")
    }

    /// - Parameters:
    ///   - x: [N, Cin, H, W].
    ///   - residual: [N, Cout, Ho, Wo].
    /// - Returns: [N, Cout, Ho, Wo].
    package func callAsFunction(_ x: Tensor, adding residual: Tensor? = nil) -> Tensor {
        guard x.tape == nil, residual?.tape == nil, !Tensor.areShapeOnly(x, weight, residual) else {
            return unfused(x, residual)
        }
        return ConvProblem(x: x.shape, weight: weight.shape, bias: bias?.shape, geometry)
            .forward(x, weight, epilogue, residual: residual)
    }

    private func unfused(_ x: Tensor, _ residual: Tensor?) -> Tensor {
        var y = conv2d(x, weight, bias: bias, geometry)
        if let norm = normalization {
            y = batchNorm(
                y, mean: norm.mean, variance: norm.variance, weight: norm.weight, bias: norm.bias,
                epsilon: norm.epsilon)
        }
        return epilogue.activation(residual.map { y + $0 } ?? y)
    }
}

extension Epilogue {
    /// The normalization of a convolution that has a bias or none, folded into one scale and shift for each channel.
    package init(_ norm: FusedConv2d.Normalization, bias: Tensor? = nil, _ activation: Activation) {
        let scale = zip(norm.weight.values, norm.variance.values).map { $0 / ($1 + norm.epsilon).squareRoot() }
        var shift = zip(norm.bias.values, zip(norm.mean.values, scale)).map { $0 - $1.0 * $1.1 }
        if let bias { shift = zip(shift, zip(bias.values, scale)).map { $0 + $1.0 * $1.1 } }
        self.init(scale: scale, shift: shift, activation)
    }
}
