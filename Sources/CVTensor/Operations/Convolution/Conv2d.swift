import CVCore

/// 2-D convolution (cross-correlation), as `torch.nn.functional.conv2d`.
///
/// - Parameters:
///   - x: [N, Cin, H, W].
///   - weight: [Cout, Cin / groups, kernel, kernel].
///   - bias: [Cout].
///   - geometry: how the window moves over the image.
/// - Returns: [N, Cout, Ho, Wo].
public func conv2d(_ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, _ geometry: ConvGeometry) -> Tensor {
    let problem = ConvProblem(x: x.shape, weight: weight.shape, bias: bias?.shape, geometry)
    let y =
        Tensor.areShapeOnly(x, weight, bias)
        ? .shapeOnly(problem.outputShape) : problem.forward(x, weight, Epilogue(bias: bias))
    let (input, filters) = (x.detached, weight.detached)
    // The problem holds the size of x: if the weights are frozen, the input's values are not retained.
    var rules: [GradientRule] = [
        (x, { problem.backwardData($0, filters) }),
        (weight, { problem.backwardWeights($0, input) }),
    ]
    if let bias { rules.append((bias, { sumOfChannels($0) })) }
    return y.recorded(as: .conv2d(geometry), rules)
}

extension ConvProblem {
    /// The convolution: chooses an algorithm, packs the weight and runs.
    ///
    /// - Parameters:
    ///   - x: [N, Cin, H, W].
    ///   - weight: [Cout, Cin / groups, kernel, kernel].
    ///   - epilogue: what follows.
    ///   - residual: what the epilogue adds, of the shape of the result.
    ///   - isa: the instruction set of the kernels.
    ///   - tuning: thresholds and sizes of blocks.
    /// - Returns: [N, Cout, Ho, Wo], recorded on no tape.
    package func forward(
        _ x: Tensor, _ weight: Tensor, _ epilogue: Epilogue = .none, residual: Tensor? = nil,
        isa: InstructionSet = .current, tuning: ConvTuning = .standard
    ) -> Tensor {
        precondition(
            x.shape == inputShape && weight.shape == weightShape,
            "conv2d: \(x.shape), \(weight.shape) for a problem of \(inputShape), \(weightShape)")
        let algorithm = ConvAlgorithmSelection.forward(self, isa, tuning)
        return algorithm.run(x, algorithm.pack(weight), epilogue, residual, outputShape)
    }

    /// The gradient with respect to the input, which is also the forward pass of a transposed convolution.
    ///
    /// - Parameters:
    ///   - dy: [N, Cout, Ho, Wo].
    ///   - weight: [Cout, Cin / groups, kernel, kernel].
    ///   - epilogue: what follows, by channels of the result.
    ///   - residual: what the epilogue adds, of the shape of the result.
    ///   - isa: the instruction set of the kernels.
    ///   - tuning: thresholds and sizes of blocks.
    /// - Returns: dx, [N, Cin, H, W], recorded on no tape.
    package func backwardData(
        _ dy: Tensor, _ weight: Tensor, _ epilogue: Epilogue = .none, residual: Tensor? = nil,
        isa: InstructionSet = .current, tuning: ConvTuning = .standard
    ) -> Tensor {
        precondition(
            dy.shape == outputShape && weight.shape == weightShape,
            "conv2d gradient: \(dy.shape) is not the result of \(weight.shape) on \(inputShape)")
        let algorithm = ConvAlgorithmSelection.backwardData(self, isa, tuning)
        return algorithm.run(dy, algorithm.pack(weight), epilogue, residual, inputShape)
    }

    /// The gradient with respect to the weight.
    ///
    /// - Parameters:
    ///   - dy: [N, Cout, Ho, Wo].
    ///   - x: [N, Cin, H, W].
    ///   - isa: the instruction set of the kernels.
    ///   - tuning: thresholds and sizes of blocks.
    /// - Returns: dw, [Cout, Cin / groups, kernel, kernel], recorded on no tape.
    package func backwardWeights(
        _ dy: Tensor, _ x: Tensor, isa: InstructionSet = .current, tuning: ConvTuning = .standard
    ) -> Tensor {
        precondition(
            dy.shape == outputShape && x.shape == inputShape,
            "conv2d gradient: \(dy.shape) is not the result of \(weightShape) on \(x.shape)")
        let algorithm = ConvAlgorithmSelection.backwardWeights(self, isa, tuning)
        return Tensor(shape: weightShape) { dw in
            x.withValues { x in
                dy.withValues { dy in
                    algorithm.run(dy: dy.baseAddress!, x: x.baseAddress!, to: dw.baseAddress!)
                }
            }
        }
    }
}

extension ConvAlgorithm {
    /// A run on tensors. See `run(_:_:_:)`.
    fileprivate func run(
        _ x: Tensor, _ weights: PackedWeights, _ epilogue: Epilogue, _ residual: Tensor?, _ shape: Shape
    ) -> Tensor {
        precondition(
            epilogue.channels == nil || epilogue.channels == shape[1],
            "conv2d: epilogue of \(epilogue.channels!) channels for \(shape)")
        precondition(residual == nil || residual!.shape == shape, "conv2d: \(shape) + \(residual!.shape)")
        return Tensor(shape: shape) { y in
            x.withValues { x in
                let operands = ConvOperands(
                    x: x.baseAddress!, residual: residual.map { UnsafePointer($0.storage.pointer) }, y: y.baseAddress!)
                run(operands, weights, epilogue)
            }
            withExtendedLifetime((weights, residual)) {}
        }
    }
}
