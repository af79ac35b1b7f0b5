import Foundation

/// How the score of a cell is compared with whether it answers for an object.
public enum ObjectnessLoss: String, Sendable, CaseIterable {
    /// Binary cross-entropy.
    case crossEntropy = "bce"
    /// Focal loss with γ = 2 and α = 1/4: cells of the ground that are known as such hardly count (Lin et al. 2017,
    /// arXiv:1708.02002).
    case focal

    private static let focus = 2.0
    /// Of cells that answer for an object; 1 minus that of all others.
    private static let balance = 0.25

    /// The loss of one cell, and its derivative.
    ///
    /// - Parameters:
    ///   - logit: the raw score.
    ///   - target: 1 for a cell that answers for an object, else 0; for cross-entropy any probability.
    /// - Returns: the loss, at least 0, and its derivative with respect to the logit.
    public func callAsFunction(_ logit: Double, _ target: Double) -> (value: Double, slope: Double) {
        let p = probability(logit)
        switch self {
        case .crossEntropy:
            return (max(logit, 0) - logit * target + log1p(exp(-abs(logit))), p - target)
        case .focal:
            // Of the truth: mirrored for the ground, so that one formula serves both.
            let isObject = target >= 0.5
            let (q, weight) = isObject ? (p, Self.balance) : (probability(-logit), 1 - Self.balance)
            let x = isObject ? logit : -logit
            let logarithm = min(x, 0) - log1p(exp(-abs(x)))
            let far = pow(1 - q, Self.focus) * weight
            let slope = far * (Self.focus * q * logarithm - (1 - q))
            return (-far * logarithm, isObject ? slope : -slope)
        }
    }
}
