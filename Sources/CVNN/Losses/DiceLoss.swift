import CVTensor

/// 1 - the Dice coefficient of softmax and classes, the mean over those classes that the batch has
/// (`segmentation_models_pytorch.losses.DiceLoss(mode="multiclass")`, but for the classes that it has not).
///
/// 1 - (2 Σ p t + smoothing) / (Σ p + Σ t + smoothing), the sums over all pixels of the batch that count: a class that
/// covers few pixels weighs as much as one that covers many.
///
/// - Parameters:
///   - logits: [N, C], or [N, C, H, W] for a class of each pixel.
///   - classes: N, or N · H · W of them, row-major.
///   - ignored: a class that does not count. With nothing that counts the loss is 0.
public func diceLoss(
    _ logits: Tensor, _ classes: [Int], ignoring ignored: Int = -100, smoothing: Float = 0
) -> Tensor {
    precondition(logits.shape.rank >= 2, "diceLoss: [N, C, …] expected, found \(logits.shape)")
    let probabilities = softmax(logits, dimension: 1)
    let overlap = ClassOverlap(probabilities.detached, classes, ignored: ignored, smoothing: Double(smoothing))
    return scalar(from: probabilities) { overlap.loss }.recorded(
        as: .loss("diceLoss"), (probabilities, { overlap.gradient * $0.item }))
}

/// The sums of `diceLoss`, class by class.
private struct ClassOverlap {
    private let probabilities: Tensor
    private let targets: [Int]
    private let ignored: Int
    private let classes, plane: Int
    /// Of each class the quotient and its lower half; nil for one that the batch has not.
    private var quotients: [(value: Double, under: Double)?]

    init(_ probabilities: Tensor, _ targets: [Int], ignored: Int, smoothing: Double) {
        let shape = probabilities.shape
        let (classes, plane) = (shape[1], shape.dimensions.dropFirst(2).reduce(1, *))
        precondition(
            targets.count == shape[0] * plane, "diceLoss: \(targets.count) classes for logits of \(shape)")
        (self.probabilities, self.targets, self.ignored) = (probabilities, targets, ignored)
        (self.classes, self.plane) = (classes, plane)
        var counts = [Int](repeating: 0, count: classes)
        for name in targets where name != ignored {
            precondition(name >= 0 && name < classes, "diceLoss: class \(name) of \(classes)")
            counts[name] += 1
        }
        quotients =
            probabilities.isShapeOnly
            ? []
            : probabilities.withValues { p in
                (0..<classes).map { name in
                    guard counts[name] > 0 else { return nil }
                    var (both, all) = (0.0, 0.0)
                    for image in 0..<shape[0] {
                        let values = p.baseAddress! + (image * classes + name) * plane
                        let part = targets.withUnsafeBufferPointer { targets in
                            Self.sums(values, targets.baseAddress! + image * plane, plane, name, ignored)
                        }
                        (both, all) = (both + part.both, all + part.all)
                    }
                    let under = all + Double(counts[name]) + smoothing
                    return ((2 * both + smoothing) / under, under)
                }
            }
    }

    /// Σ p where the class is `name`, and Σ p where any class counts.
    private static func sums(
        _ p: UnsafePointer<Float>, _ targets: UnsafePointer<Int>, _ count: Int, _ name: Int, _ ignored: Int
    ) -> (both: Double, all: Double) {
        var (both, all) = (0.0, 0.0)
        for position in 0..<count where targets[position] != ignored {
            all += Double(p[position])
            if targets[position] == name { both += Double(p[position]) }
        }
        return (both, all)
    }

    private var present: Int { quotients.count { $0 != nil } }

    var loss: Double { quotients.reduce(0) { $0 + ($1.map { 1 - $0.value } ?? 0) } / Double(max(present, 1)) }

    /// With respect to the probabilities.
    var gradient: Tensor {
        let scale = 1 / Float(max(present, 1))
        return Tensor(shape: probabilities.shape) { dp in
            for index in dp.indices {
                let (image, name) = (index / plane / classes, index / plane % classes)
                let target = targets[image * plane + index % plane]
                guard target != ignored, let quotient = quotients[name] else {
                    dp[index] = 0
                    continue
                }
                dp[index] = scale * (Float(quotient.value) - (target == name ? 2 : 0)) / Float(quotient.under)
            }
        }
    }
}
