import CVCore
import CVImage
import CVNN
import CVTensor

/// The loss of a segmentation: one loss, or the sum of several, written as `cross-entropy+dice`.
public struct SegmentationLoss: LossSum {
    /// One loss.
    public enum Term: String, Sendable, CaseIterable {
        /// Every pixel has the same weight, or that of its class.
        case crossEntropy = "cross-entropy"
        /// Every class has the same weight.
        case dice
        /// As cross-entropy, with small weights for pixels that are classified well (Lin et al. 2017, arXiv:1708.02002).
        case focal
    }

    /// At least one, each once.
    public let terms: [Term]

    /// - Parameter terms: at least one, each once.
    public init(terms: [Term]) { self.terms = Self.checked(terms) }

    /// The loss of a batch.
    ///
    /// - Parameters:
    ///   - logits: [N, C, H, W].
    ///   - classes: N · H · W indices of classes, of which `Mask.ignore` does not count.
    ///   - weights: of each class, [C]; nil if all are the same.
    /// - Returns: one element.
    public func callAsFunction(_ logits: Tensor, _ classes: [Int], weights: Tensor? = nil) -> Tensor {
        let ignored = Int(Mask.ignore)
        let parts = terms.map { term in
            switch term {
            case .crossEntropy: crossEntropy(logits, classes, weights: weights, ignoring: ignored)
            case .dice: diceLoss(logits, classes, ignoring: ignored)
            case .focal: focalLoss(logits, classes, weights: weights, ignoring: ignored)
            }
        }
        return parts.dropFirst().reduce(parts[0]) { $0 + $1 }
    }
}

/// The weights of the classes in cross-entropy and in focal loss.
public enum ClassWeighting: String, Sendable, CaseIterable {
    case none
    /// The median frequency of the classes divided by that of the class (Eigen & Fergus 2015, arXiv:1411.4734).
    case medianFrequency = "median-frequency"
}
