import CVCore
import CVTensor

/// The mean cross-entropy of logits and class indices, as `torch.nn.CrossEntropyLoss`.
///
/// - Parameters:
///   - logits: [N, C], or [N, C, H, W] for a class of each pixel.
///   - classes: class indices, N, or N · H · W in row-major order.
///   - weights: the weight of each class, [C]; the mean is then a weighted one.
///   - smoothing: label smoothing, the part of the target spread evenly over all classes (Szegedy et al. 2015,
///     arXiv:1512.00567).
///   - ignored: the class index that is excluded. If all are, the loss is 0.
/// - Returns: a scalar, [].
public func crossEntropy(
    _ logits: Tensor, _ classes: [Int], weights: Tensor? = nil, smoothing: Float = 0, ignoring ignored: Int = -100
) -> Tensor {
    crossEntropy(logits, classes, weights: weights, smoothing: smoothing, gamma: 0, ignoring: ignored)
}

/// The mean focal loss of logits and class indices: cross-entropy times (1 - p)^gamma, p being the softmax probability of
/// the class (Lin et al. 2017, arXiv:1708.02002, for more than two classes). Well-classified elements count little.
///
/// - Parameters:
///   - logits: [N, C], or [N, C, H, W] for a class of each pixel.
///   - classes: class indices, N, or N · H · W in row-major order.
///   - weights: the weight of each class, [C]; the mean is then a weighted one.
///   - gamma: the focusing exponent, 0 or more.
///   - ignored: the class index that is excluded. If all are, the loss is 0.
/// - Returns: a scalar, [].
public func focalLoss(
    _ logits: Tensor, _ classes: [Int], weights: Tensor? = nil, gamma: Float = 2, ignoring ignored: Int = -100
) -> Tensor {
    precondition(gamma >= 0, "focalLoss: gamma \(gamma), 0 or more expected")
    return crossEntropy(logits, classes, weights: weights, smoothing: 0, gamma: gamma, ignoring: ignored)
}

private func crossEntropy(
    _ logits: Tensor, _ classes: [Int], weights: Tensor?, smoothing: Float, gamma: Float, ignoring ignored: Int
) -> Tensor {
    let rows = SoftmaxRows(logits.shape, gamma: gamma)
    precondition(classes.count == rows.count, "crossEntropy: \(classes.count) classes for logits of \(logits.shape)")
    precondition(smoothing >= 0 && smoothing <= 1, "crossEntropy: smoothing \(smoothing), 0 to 1 expected")
    for label in classes where label != ignored {
        precondition(label >= 0 && label < rows.classes, "crossEntropy: class \(label) of \(rows.classes)")
    }
    precondition(
        weights.map { $0.shape == [rows.classes] } ?? true,
        "crossEntropy: weights \(weights?.shape ?? []) for \(rows.classes) classes")
    let importance = weights?.values ?? [Float](repeating: 1, count: rows.classes)
    let total = classes.reduce(0.0) { $0 + ($1 == ignored ? 0 : Double(importance[$1])) }
    let even = smoothing / Float(rows.classes)
    return rows.loss(logits, total: total) { row, target in
        guard classes[row] != ignored else { return false }
        for label in 0..<rows.classes {
            target[label] = importance[label] * (label == classes[row] ? 1 - smoothing + even : even)
        }
        return true
    }
}

/// The mean cross-entropy of logits and target probabilities, such as those of mixup, as `torch.nn.CrossEntropyLoss`.
///
/// - Parameters:
///   - logits: [N, C] or [N, C, H, W].
///   - probabilities: targets of the same shape; they get no gradient.
/// - Returns: a scalar, [].
public func crossEntropy(_ logits: Tensor, _ probabilities: Tensor) -> Tensor {
    let rows = SoftmaxRows(logits.shape)
    precondition(
        logits.shape == probabilities.shape, "crossEntropy: targets \(probabilities.shape) for \(logits.shape)")
    return rows.loss(logits, targets: probabilities, total: Double(rows.count)) { row, target in
        let start = rows.start(of: row)
        probabilities.withValues { values in
            for label in 0..<rows.classes { target[label] = values[start + label * rows.step] }
        }
        return true
    }
}

/// The logits that share a softmax: one row for each image, or for each of its pixels.
private struct SoftmaxRows {
    let shape: Shape
    let classes: Int
    /// The stride from one class to the next.
    let step: Int
    /// The exponent of the focal loss; 0 for cross-entropy.
    let gamma: Float
    var count: Int { shape[0] * step }

    init(_ shape: Shape, gamma: Float = 0) {
        precondition(
            shape.rank == 2 || shape.rank == 4, "crossEntropy: [N, C] or [N, C, H, W] expected, found \(shape)")
        self.shape = shape
        self.gamma = gamma
        classes = shape[1]
        step = shape.dimensions.dropFirst(2).reduce(1, *)
    }

    func start(of row: Int) -> Int { row / step * classes * step + row % step }

    /// Σ target · (ln Σ e^x - x) / total over all rows; its gradient is (softmax · Σ target - target) / total.
    ///
    /// - Parameters:
    ///   - logits: of the shape of the rows.
    ///   - targets: what `setTarget` reads, if that is a tensor.
    ///   - total: the divisor, which is the sum of all targets.
    ///   - setTarget: writes the target of each class in a row; returns false if the row is ignored.
    func loss(
        _ logits: Tensor, targets: Tensor? = nil, total: Double,
        _ setTarget: (_ row: Int, UnsafeMutableBufferPointer<Float>) -> Bool
    ) -> Tensor {
        let isWatched = logits.tape != nil
        let scale = total > 0 ? 1 / total : 0
        var sum = 0.0
        let gradient = Tensor(shape: isWatched ? shape : [0], from: logits, targets) { gradient in
            logits.withValues { x in
                sum = sumInPieces(count, grain: max(1, (1 << 13) / max(classes, 1))) { range in
                    withUnsafeTemporaryAllocation(of: Float.self, capacity: classes) { target in
                        range.reduce(0.0) { sum, row in
                            let start = start(of: row)
                            let counts = setTarget(row, target)
                            if !counts { target.update(repeating: 0) }
                            let slopes = isWatched ? gradient.baseAddress! + start : nil
                            let part = addRow(x.baseAddress! + start, target, slopes, Float(scale))
                            return counts ? sum + part : sum
                        }
                    }
                }
            }
        }
        return scalar(from: logits, targets) { sum * scale }.recorded(
            as: .loss(gamma == 0 ? "crossEntropy" : "focalLoss"), (logits, { gradient * $0.item }),
            constants: targets.map { [$0] } ?? [])
    }

    /// The loss of one row; the gradient times `scale` is written to `slopes`.
    private func addRow(
        _ x: UnsafePointer<Float>, _ target: UnsafeMutableBufferPointer<Float>, _ slopes: UnsafeMutablePointer<Float>?,
        _ scale: Float
    ) -> Double {
        // e^x of the largest is 1: nothing overflows.
        var largest = -Float.infinity
        for label in 0..<classes { largest = max(largest, x[label * step]) }
        var (powers, weight, part): (Float, Float, Float) = (0, 0, 0)
        for label in 0..<classes {
            let shifted = x[label * step] - largest
            let power = exp(shifted)
            if let slopes { slopes[label * step] = power }
            powers += power
            weight += target[label]
            part += target[label] * shifted
        }
        let cross = weight * log(powers) - part
        let (factor, slope) = gamma == 0 || weight == 0 ? (1, 1) : focus(cross / weight)
        if let slopes {
            for label in 0..<classes {
                slopes[label * step] = scale * slope * (slopes[label * step] / powers * weight - target[label])
            }
        }
        return Double(cross * factor)
    }

    /// The focal factor (1 - p)^gamma for the cross-entropy of a row, -ln p, and the derivative of the product.
    private func focus(_ cross: Float) -> (factor: Float, slope: Float) {
        let (p, q) = (exp(-cross), -expm1(-cross))
        guard q > 0 else { return (0, 0) }
        let factor = pow(q, gamma)
        return (factor, factor + gamma * factor / q * p * cross)
    }
}
