import CVCore
import CVTensor

/// The mean cross-entropy of softmax and classes, as `torch.nn.CrossEntropyLoss`.
///
/// - Parameters:
///   - logits: [N, C], or [N, C, H, W] for a class of each pixel.
///   - classes: N, or N · H · W of them, row-major.
///   - weights: of each class, [C]; the mean is then a weighted one.
///   - smoothing: the part of the target that is spread over all classes (Szegedy et al. 2015, arXiv:1512.00567).
///   - ignored: a class that does not count. With nothing that counts the loss is 0.
public func crossEntropy(
    _ logits: Tensor, _ classes: [Int], weights: Tensor? = nil, smoothing: Float = 0, ignoring ignored: Int = -100
) -> Tensor {
    crossEntropy(logits, classes, weights: weights, smoothing: smoothing, gamma: 0, ignoring: ignored)
}

/// The mean focal loss of softmax and classes: cross-entropy times (1 - p)^gamma, p being the probability of the class
/// (Lin et al. 2017, arXiv:1708.02002, for more than two classes). What is right already counts little.
///
/// logits: [N, C], or [N, C, H, W] for a class of each pixel; classes, weights, ignored: as for `crossEntropy`.
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
    for name in classes where name != ignored {
        precondition(name >= 0 && name < rows.classes, "crossEntropy: class \(name) of \(rows.classes)")
    }
    precondition(
        weights.map { $0.shape == [rows.classes] } ?? true,
        "crossEntropy: weights \(weights?.shape ?? []) for \(rows.classes) classes")
    let importance = weights?.values ?? [Float](repeating: 1, count: rows.classes)
    let total = classes.reduce(0.0) { $0 + ($1 == ignored ? 0 : Double(importance[$1])) }
    let even = smoothing / Float(rows.classes)
    return rows.loss(logits, total: total) { row, target in
        guard classes[row] != ignored else { return false }
        for name in 0..<rows.classes {
            target[name] = importance[name] * (name == classes[row] ? 1 - smoothing + even : even)
        }
        return true
    }
}

/// The mean cross-entropy of softmax and target probabilities, as of mixed pictures (mixup).
///
/// logits, probabilities: [N, C] or [N, C, H, W]. No gradient goes to the targets.
public func crossEntropy(_ logits: Tensor, _ probabilities: Tensor) -> Tensor {
    let rows = SoftmaxRows(logits.shape)
    precondition(
        logits.shape == probabilities.shape, "crossEntropy: targets \(probabilities.shape) for \(logits.shape)")
    return rows.loss(logits, targets: probabilities, total: Double(rows.count)) { row, target in
        let start = rows.start(of: row)
        probabilities.withValues { values in
            for name in 0..<rows.classes { target[name] = values[start + name * rows.step] }
        }
        return true
    }
}

/// The places of the logits that share a softmax: one row for each picture, or each of its pixels.
private struct SoftmaxRows {
    let shape: Shape
    let classes: Int
    /// From one class to the next.
    let step: Int
    /// Of the focal loss; 0 for cross-entropy.
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
    ///   - targets: what `setTarget` reads, if that is a tensor.
    ///   - setTarget: writes what each class counts in a row; false where the row does not count.
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

    /// The loss of one row; its gradient times `scale` goes to `slopes`.
    private func addRow(
        _ x: UnsafePointer<Float>, _ target: UnsafeMutableBufferPointer<Float>, _ slopes: UnsafeMutablePointer<Float>?,
        _ scale: Float
    ) -> Double {
        // e^x of the largest is 1: nothing overflows.
        var largest = -Float.infinity
        for name in 0..<classes { largest = max(largest, x[name * step]) }
        var (powers, weight, part): (Float, Float, Float) = (0, 0, 0)
        for name in 0..<classes {
            let shifted = x[name * step] - largest
            let power = exp(shifted)
            if let slopes { slopes[name * step] = power }
            powers += power
            weight += target[name]
            part += target[name] * shifted
        }
        let cross = weight * log(powers) - part
        let (factor, slope) = gamma == 0 || weight == 0 ? (1, 1) : focus(cross / weight)
        if let slopes {
            for name in 0..<classes {
                slopes[name * step] = scale * slope * (slopes[name * step] / powers * weight - target[name])
            }
        }
        return Double(cross * factor)
    }

    /// What the focal loss makes of the cross-entropy of a row, -ln p: the factor (1 - p)^gamma, and the derivative of
    /// the product.
    private func focus(_ cross: Float) -> (factor: Float, slope: Float) {
        let (p, q) = (exp(-cross), -expm1(-cross))
        guard q > 0 else { return (0, 0) }
        let factor = pow(q, gamma)
        return (factor, factor + gamma * factor / q * p * cross)
    }
}
