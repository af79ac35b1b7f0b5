import CVTensor

/// The mean squared error, (x - t)², as `torch.nn.MSELoss`.
///
/// - Parameters:
///   - x: predictions of any shape.
///   - targets: of the same shape.
/// - Returns: a scalar, [].
public func squaredError(_ x: Tensor, _ targets: Tensor) -> Tensor {
    elementwiseLoss("squaredError", x, targets, ofDifference: true) { x, t in ((x - t) * (x - t), 2 * (x - t)) }
}

/// The mean absolute error, |x - t|, as `torch.nn.L1Loss`.
///
/// - Parameters:
///   - x: predictions of any shape.
///   - targets: of the same shape.
/// - Returns: a scalar, [].
public func absoluteError(_ x: Tensor, _ targets: Tensor) -> Tensor {
    elementwiseLoss("absoluteError", x, targets, ofDifference: true) { x, t in
        (abs(x - t), x > t ? 1 : x < t ? -1 : 0)
    }
}

/// The mean smooth L1 loss, quadratic below `beta` and linear above, as `torch.nn.SmoothL1Loss` (Girshick 2015,
/// arXiv:1504.08083).
///
/// d²/2β for d = |x - t| < β, else d - β/2.
///
/// - Parameters:
///   - x: predictions of any shape.
///   - targets: of the same shape.
///   - beta: the end of the quadratic range, above 0.
/// - Returns: a scalar, [].
public func smoothL1(_ x: Tensor, _ targets: Tensor, beta: Float = 1) -> Tensor {
    precondition(beta > 0, "smoothL1: beta \(beta), above 0 expected")
    return elementwiseLoss("smoothL1", x, targets, ofDifference: true) { x, t in
        let d = x - t
        if abs(d) < beta { return (d * d / (2 * beta), d / beta) }
        return (abs(d) - beta / 2, d > 0 ? 1 : -1)
    }
}
