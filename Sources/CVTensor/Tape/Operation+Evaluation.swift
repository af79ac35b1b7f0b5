extension Operation {
    /// Computes what this operation names, of its inputs.
    ///
    /// - Parameter x: the inputs, in the order that the case lists.
    /// - Returns: the result.
    /// - Precondition: it is neither a leaf nor a loss.
    package func applied(to x: [Tensor]) -> Tensor { computed(self, of: x) }
}

// Free functions: within the enumeration, its cases would hide the functions of the same names.

private func computed(_ operation: Operation, of x: [Tensor]) -> Tensor {
    switch operation {
    case .input, .parameter, .constant, .loss: preconditionFailure("\(operation.name) cannot be computed")
    case .conv2d(let geometry): conv2d(x[0], x[1], bias: x.at(2), geometry)
    case .convTranspose2d(let geometry, let dy, let dx):
        convTranspose2d(x[0], x[1], bias: x.at(2), geometry, outputPadding: (dy, dx))
    case .linear: linear(x[0], x[1], bias: x.at(2))
    case .matmul(let transposeB): matmul(x[0], x[1], transposeB: transposeB)
    case .transpose: x[0].transposed()
    case .gram: gram(x[0])
    case .batchNorm(let epsilon):
        batchNorm(x[0], mean: x[3], variance: x[4], weight: x[1], bias: x[2], epsilon: epsilon)
    case .batchNormTraining(let epsilon, let activation):
        batchNorm(x[0], weight: x[1], bias: x[2], epsilon: epsilon, adding: x.at(3), then: activation).y
    case .groupNorm(let groups, let epsilon, let hasWeight, let hasBias):
        groupNorm(
            x[0], groups: groups, weight: hasWeight ? x[1] : nil, bias: hasBias ? x.last : nil, epsilon: epsilon)
    case .instanceNorm(let epsilon, let hasWeight, let hasBias):
        instanceNorm(x[0], weight: hasWeight ? x[1] : nil, bias: hasBias ? x.last : nil, epsilon: epsilon)
    case .localResponseNorm(let size, let alpha, let beta, let k):
        localResponseNorm(x[0], size: size, alpha: alpha, beta: beta, k: k)
    case .activation(let activation): activation(x[0])
    case .prelu: prelu(x[0], x[1])
    case .add: x[0] + x[1]
    case .multiply: x[0] * x[1]
    case .scale(let factor, let term): term == 0 ? x[0] * factor : x[0] * factor + term
    case .l2Normalize(let epsilon): l2Normalized(x[0], epsilon: epsilon)
    case .absoluteDifference: absoluteDifference(x[0], x[1])
    case .chiSquaredDifference(let epsilon): chiSquaredDifference(x[0], x[1], epsilon: epsilon)
    case .angularMargin(let classes, let margin): angularMargin(x[0], classes: classes, margin: margin)
    case .dropout, .selectRows: preconditionFailure("\(operation.name) is not computed anew")
    case .identity: x[0]
    default: moved(operation, x)
    }
}

/// Those that move, drop or mix values within one tensor, or put several together.
private func moved(_ operation: Operation, _ x: [Tensor]) -> Tensor {
    switch operation {
    case .reshape(let shape): x[0].reshaped(shape)
    case .broadcast(let shape): x[0].broadcast(to: shape)
    case .sum(let shape): x[0].sum(to: shape)
    case .concatenate(axis: 1): concatenate(x)
    case .slice(axis: 1, let range): x[0].sliced(channels: range)
    case .padChannels(let before, let after): x[0].paddedChannels(before: before, after: after)
    case .maxPool2d(let geometry, let ceilMode): maxPool2d(x[0], geometry, ceilMode: ceilMode)
    case .averagePool2d(let geometry, let ceilMode, let countIncludePadding):
        averagePool2d(x[0], geometry, ceilMode: ceilMode, countIncludePadding: countIncludePadding)
    case .adaptiveAveragePool2d(let height, let width): adaptiveAveragePool2d(x[0], height: height, width: width)
    case .pad2d(let top, let bottom, let left, let right, let mode):
        pad2d(x[0], top: top, bottom: bottom, left: left, right: right, mode: mode)
    case .upsampleNearest(let factor): upsampleNearest(x[0], factor: factor)
    case .resizeNearest(let height, let width): upsampleNearest(x[0], height: height, width: width)
    case .upsampleBilinear(let height, let width, let alignCorners):
        upsampleBilinear(x[0], height: height, width: width, alignCorners: alignCorners)
    case .subsample(let stride): x[0].subsampled(stride: stride)
    case .gather(let rows, let columns): gathered(x[0], rows: rows, columns: columns)
    case .roiAlign(let regions, let height, let width, let scale, let samples, let isAligned):
        roiAlign(
            x[0], regions, height: height, width: width, scale: scale, samples: samples, isAligned: isAligned)
    case .softmax(let axis): softmax(x[0], dimension: axis)
    case .logSoftmax(let axis): logSoftmax(x[0], dimension: axis)
    default: preconditionFailure("\(operation.name) cannot be computed")
    }
}

extension [Tensor] {
    fileprivate func at(_ index: Int) -> Tensor? { index < count ? self[index] : nil }
}
