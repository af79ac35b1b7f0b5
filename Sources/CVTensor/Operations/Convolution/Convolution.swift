import CKernels
import CVCore

/// 2-D convolution (cross-correlation), as `torch.nn.functional.conv2d`.
///
/// x: [N, Cin, H, W], weight: [Cout, Cin / groups, kernel, kernel], bias: [Cout] -> [N, Cout, Ho, Wo].
public func conv2d(_ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, _ geometry: ConvGeometry) -> Tensor {
    let y = conv2d(x, weight, bias: bias, geometry, method: .current)
    let (input, filters) = (x.detached, weight.detached)
    // Only the size: where the weights are frozen, the input's values need not be kept.
    let (height, width) = (x.shape[2], x.shape[3])
    var rules: [GradientRule] = [
        (x, { conv2dInputGradient($0, filters, geometry, height: height, width: width) }),
        (weight, { conv2dWeightGradient($0, input, geometry, shape: filters.shape) }),
    ]
    if let bias { rules.append((bias, { sumOfChannels($0) })) }
    return y.recorded(as: .conv2d(geometry), rules)
}

/// What may follow a convolution without another pass over memory: `activation(scale · y + shift)`, scale and shift
/// by output channel.
public struct ConvEpilogue: Sendable {
    let scale, shift: [Float]
    let activation: Activation

    /// A batch normalisation with the statistics gathered in training, and an activation. See `batchNorm`.
    public init(
        mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, epsilon: Float, _ activation: Activation
    ) {
        precondition(
            mean.shape.rank == 1 && [variance, weight, bias].allSatisfy { $0.shape == mean.shape },
            "ConvEpilogue: mean \(mean.shape), variance \(variance.shape), weight \(weight.shape), bias \(bias.shape)")
        scale = zip(weight.values, variance.values).map { $0 / ($1 + epsilon).squareRoot() }
        shift = zip(bias.values, zip(mean.values, scale)).map { $0 - $1.0 * $1.1 }
        self.activation = activation
    }

    /// Finishes part of one channel in place.
    func apply(channel: Int, _ y: UnsafeMutablePointer<Float>, count: Int) {
        let isa = InstructionSet.current.cValue
        cvk_scale_shift(isa, scale[channel], shift[channel], y, y, count)
        activation.apply(y, y, count: count, under: .current)
    }
}

/// `conv2d`, then `epilogue`, in inference: each block is finished while it is still in the cache.
public func conv2d(_ x: Tensor, _ weight: Tensor, _ geometry: ConvGeometry, then epilogue: ConvEpilogue) -> Tensor {
    precondition(x.tape == nil, "a convolution with an epilogue is for inference: it records no gradient")
    precondition(epilogue.scale.count == weight.shape[0], "conv2d: epilogue of \(epilogue.scale.count) channels")
    return conv2d(x, weight, bias: nil, geometry, method: .current, epilogue: epilogue)
}

/// `conv2d` by a chosen method, for tests.
package func conv2d(
    _ x: Tensor, _ weight: Tensor, bias: Tensor?, _ geometry: ConvGeometry, method: MatrixProduct,
    epilogue: ConvEpilogue? = nil
) -> Tensor {
    let product = ConvolutionProduct(x.shape, weight.shape, bias?.shape, geometry)
    return product.result(of: x, weight, bias: bias, epilogue: epilogue) { product.run($0, by: method) }
}

extension ConvolutionProduct {
    /// What `run` makes of these tensors.
    func result(
        of x: Tensor, _ weight: Tensor, bias: Tensor? = nil, epilogue: ConvEpilogue? = nil, by run: (Operands) -> Void
    ) -> Tensor {
        Tensor(shape: outputShape, from: x, weight, bias) { y in
            x.withValues { x in
                weight.withValues { weight in
                    run(
                        Operands(
                            x: x.baseAddress!, weight: weight.baseAddress!, bias: bias?.storage.pointer,
                            y: y.baseAddress!, epilogue: epilogue))
                }
            }
            withExtendedLifetime(bias) {}
        }
    }

    /// In the way that is quickest for its shape.
    fileprivate func run(_ operands: Operands, by method: MatrixProduct) {
        guard case .tiles(let isa) = method else { return run(operands, method) }
        if let depthwise = DepthwiseConvolution(self, isa) {
            depthwise.run(operands)
        } else if let winograd = WinogradConvolution(self, isa) {
            winograd.run(operands)
        } else {
            DirectConvolution(self, isa).run(operands)
        }
    }
}
