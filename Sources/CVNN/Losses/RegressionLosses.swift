import CVTensor

/// The mean of (x - t)², as `torch.nn.MSELoss`. x and targets have the same shape; the result is a scalar, [].
public func squaredError(_ x: Tensor, _ targets: Tensor) -> Tensor {
    elementwiseLoss("squaredError", x, targets, ofDifference: true) { x, t in ((x - t) * (x - t), 2 * (x - t)) }
}

/// The mean of |x - t|, as `torch.nn.L1Loss`.
public func absoluteError(_ x: Tensor, _ targets: Tensor) -> Tensor {
    elementwiseLoss("absoluteError", x, targets, ofDifference: true) { x, t in
        (abs(x - t), x > t ? 1 : x < t ? -1 : 0)
    }
}

/// The mean of a square near 0 and a straight line from `beta` on, as `torch.nn.SmoothL1Loss` (Girshick 2015,
/// arXiv:1504.08083).
///
/// d²/2β for d = |x - t| < β, else d - β/2.
public func smoothL1(_ x: Tensor, _ targets: Tensor, beta: Float = 1) -> Tensor {
    precondition(beta > 0, "smoothL1: beta \(beta), above 0 expected")
    return elementwiseLoss("smoothL1", x, targets, ofDifference: true) { x, t in
        let d = x - t
        if abs(d) < beta { return (d * d / (2 * beta), d / beta) }
        return (abs(d) - beta / 2, d > 0 ? 1 : -1)
    }
}
