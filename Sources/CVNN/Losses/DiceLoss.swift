import CVTensor

/// The Dice loss of logits and class indices: 1 - the Dice coefficient of the softmax, averaged over the classes present
/// in the batch, as `segmentation_models_pytorch.losses.DiceLoss(mode="multiclass")` except for absent classes.
///
/// 1 - (2 Σ p t + smoothing) / (Σ p + Σ t + smoothing), the sums over all pixels of the batch that are not ignored: a class
/// that covers few pixels counts as much as one that covers many.
///
/// - Parameters:
///   - logits: [N, C], or [N, C, H, W] for a class of each pixel.
///   - classes: class indices, N, or N · H · W in row-major order.
///   - ignored: the class index that is excluded. If all are, the loss is 0.
///   - smoothing: added to numerator and denominator.
/// - Returns: a scalar, [].
public func diceLoss(
    _ logits: Tensor, _ classes: [Int], ignoring ignored: Int = -100, smoothing: Float = 0
) -> Tensor {
    precondition(logits.shape.rank >= 2, "diceLoss: [N, C, …] expected, found \(logits.shape)")
    let probabilities = softmax(logits, dimension: 1)
    let overlap = ClassOverlap(probabilities.detached, classes, ignored: ignored, smoothing: Double(smoothing))
    return scalar(from: probabilities) { overlap.loss }.recorded(
        as: .loss("diceLoss"), (probabilities, { overlap.gradient * $0.item }))
}

/// The sums of `diceLoss` for each class.
private struct ClassOverlap {
    private let probabilities: Tensor
    private let targets: [Int]
    private let ignored: Int
    private let classes, plane: Int
    /// For each class the quotient and its denominator; nil for a class absent from the batch.
    private var quotients: [(value: Double, denominator: Double)?]

    init(_ probabilities: Tensor, _ targets: [Int], ignored: Int, smoothing: Double) {
        let shape = probabilities.shape
        let (classes, plane) = (shape[1], shape.dimensions.dropFirst(2).reduce(1, *))
        precondition(
            targets.count == shape[0] * plane, "diceLoss: \(targets.count) classes for logits of \(shape)")
        (self.probabilities, self.targets, self.ignored) = (probabilities, targets, ignored)
        (self.classes, self.plane) = (classes, plane)
        var counts = [Int](repeating: 0, count: classes)
        for label in targets where label != ignored {
            precondition(label >= 0 && label < classes, "diceLoss: class \(label) of \(classes)")
            counts[label] += 1
        }
        quotients =
            probabilities.isShapeOnly
            ? []
            : probabilities.withValues { p in
                (0..<classes).map { label in
                    guard counts[label] > 0 else { return nil }
                    var (both, all) = (0.0, 0.0)
                    for image in 0..<shape[0] {
                        let values = p.baseAddress! + (image * classes + label) * plane
                        let part = targets.withUnsafeBufferPointer { targets in
                            Self.sums(values, targets.baseAddress! + image * plane, plane, label, ignored)
                        }
                        (both, all) = (both + part.both, all + part.all)
                    }
                    let denominator = all + Double(counts[label]) + smoothing
                    return ((2 * both + smoothing) / denominator, denominator)
                }
            }
    }

    /// Σ p over pixels of the class `label`, and Σ p over all pixels that are not ignored.
    private static func sums(
        _ p: UnsafePointer<Float>, _ targets: UnsafePointer<Int>, _ count: Int, _ label: Int, _ ignored: Int
    ) -> (both: Double, all: Double) {
        var (both, all) = (0.0, 0.0)
        for position in 0..<count where targets[position] != ignored {
            all += Double(p[position])
            if targets[position] == label { both += Double(p[position]) }
        }
        return (both, all)
    }

    private var present: Int { quotients.count { $0 != nil } }

    var loss: Double { quotients.reduce(0) { $0 + ($1.map { 1 - $0.value } ?? 0) } / Double(max(present, 1)) }

    /// The gradient with respect to the probabilities.
    var gradient: Tensor {
        let scale = 1 / Float(max(present, 1))
        return Tensor(shape: probabilities.shape) { dp in
            for index in dp.indices {
                let (image, label) = (index / plane / classes, index / plane % classes)
                let target = targets[image * plane + index % plane]
                guard target != ignored, let quotient = quotients[label] else {
                    dp[index] = 0
                    continue
                }
                dp[index] = scale * (Float(quotient.value) - (target == label ? 2 : 0)) / Float(quotient.denominator)
            }
        }
    }
}
