import CVCore
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

/// The mean wing loss, logarithmic near 0 and linear beyond (Feng et al. 2018, arXiv:1711.06753): small and medium errors of
/// landmarks count more than with the squared error, and outliers less.
///
/// w · ln(1 + d/ε) for d = |x - t| < w, else d - C with C = w - w · ln(1 + w/ε), so that the two meet.
///
/// - Parameters:
///   - x: predictions of any shape, in pixels of the network's input.
///   - targets: of the same shape.
///   - width: w, the end of the logarithmic range, above 0.
///   - curvature: ε, how sharp the loss is at 0, above 0.
/// - Returns: a scalar, [].
public func wingLoss(_ x: Tensor, _ targets: Tensor, width: Float = 10, curvature: Float = 2) -> Tensor {
    precondition(width > 0 && curvature > 0, "wingLoss: width \(width) and curvature \(curvature), above 0 expected")
    let offset = width - width * log1p(width / curvature)
    return elementwiseLoss("wingLoss", x, targets, ofDifference: true) { x, t in
        let d = abs(x - t)
        let sign: Float = x > t ? 1 : x < t ? -1 : 0
        if d < width { return (width * log1p(d / curvature), sign * width / (curvature + d)) }
        return (d - offset, sign)
    }
}
