import CVCore
import CVImage
import CVNN
import CVTensor

/// What a segmentation is trained for: one loss, or the sum of several, written as `cross-entropy+dice`.
public struct SegmentationLoss: Sendable, Equatable, CustomStringConvertible {
    public enum Term: String, Sendable, CaseIterable {
        /// Every pixel counts alike, or as its class is weighed.
        case crossEntropy = "cross-entropy"
        /// Every class counts alike.
        case dice
        /// As cross-entropy; what is right already counts little.
        case focal
    }

    /// At least one, each once.
    public let terms: [Term]

    public init(_ terms: Term...) {
        precondition(!terms.isEmpty && Set(terms).count == terms.count, "a loss of the terms \(terms)")
        self.terms = terms
    }

    /// Nil for what is no list of terms with "+" between.
    public init?(_ text: String) {
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        terms = parts.compactMap { Term(rawValue: String($0)) }
        if terms.count != parts.count || Set(terms).count != terms.count { return nil }
    }

    public var description: String { terms.map(\.rawValue).joined(separator: "+") }

    /// logits: [N, C, H, W]; classes: N · H · W, of which `Mask.ignore` does not count; weights: of each class, [C].
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

/// What the classes weigh in cross-entropy and in focal loss.
public enum ClassWeighting: String, Sendable, CaseIterable {
    case none
    /// As much more as they are rarer than the class in the middle (Eigen & Fergus 2015, arXiv:1411.4734).
    case medianFrequency = "median-frequency"
}
