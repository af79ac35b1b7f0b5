import CVTensor

/// L-BFGS, as `torch.optim.LBFGS`: Newton's method with a curvature estimated from the last steps (Nocedal 1980;
/// Nocedal & Wright 2006, algorithm 7.5).
///
/// For a deterministic loss, the same function at every call, as in style transfer: not for mini-batches.
///
/// ```swift
/// let result = LBFGS(parameters.trainable).minimize(iterations: 100) {
///     let tape = Tape(.inference)
///     let loss = distance(network(image.value(on: tape.watch(x))), style)
///     tape.gradients(of: loss)
///     return loss.item
/// }
/// print(result.reason)
/// ```
public final class LBFGS {
    /// How the step length is found.
    public enum Search: Sendable {
        /// Always the learning rate; the first step is scaled by min(1, 1 / Σ |g|).
        case fixed
        /// Halved until the sufficient decrease (Armijo) condition holds.
        case backtracking
        /// Sufficient decrease and curvature: the strong Wolfe conditions.
        case strongWolfe
    }

    /// Why the minimization stopped; the raw value is a message.
    public enum Reason: String, Sendable {
        /// All iterations were made.
        case iterations = "all iterations were made"
        /// The largest element of the gradient is at most `gradientTolerance`.
        case gradient = "the gradient is zero within the tolerance"
        /// The change of the weights or of the loss is at most `changeTolerance`.
        case change = "the weights or the loss no longer change"
        /// The line search found no step that decreases the loss.
        case notDescending = "no step along the direction decreases the loss"
        /// The loss or its gradient is NaN or infinite.
        case notFinite = "the loss or its gradient is NaN or infinite"
        /// The caller's `afterStep` returned false.
        case stopped = "stopped on request"
    }

    /// The outcome of a minimization.
    public struct Result: Sendable {
        /// The loss at the last step.
        public let loss: Float
        /// The steps of this call, and the evaluations of the loss that they took.
        public let iterations, evaluations: Int
        /// Why it stopped.
        public let reason: Reason
    }

    /// The parameters that are optimized.
    public let parameters: [Parameter]
    /// The first step length that the line search tries.
    public var learningRate: Float
    /// How the step length is found.
    public let search: Search
    /// The number of steps from which the curvature is estimated.
    public let history: Int
    /// The largest element of the gradient at which it counts as zero.
    public let gradientTolerance: Double
    /// The largest change of a weight, or of the loss, that counts as none.
    public let changeTolerance: Double

    /// Changes of the weights (s) and of the gradient (y), the oldest first; rho is 1 / s · y.
    var pairs: [(s: FlatVector, y: FlatVector, rho: Double)] = []
    /// The initial scale of the inverse Hessian: s · y / y · y of the last pair.
    var scale = 1.0
    var last: (direction: FlatVector, gradient: FlatVector, length: Double)?

    /// Creates an optimizer without curvature pairs.
    ///
    /// - Parameters:
    ///   - parameters: the parameters to optimize; at least one.
    ///   - learningRate: the first step length that the line search tries.
    ///   - search: how the step length is found.
    ///   - history: the number of steps from which the curvature is estimated, above 0.
    ///   - gradientTolerance: the largest element of the gradient at which it counts as zero.
    ///   - changeTolerance: the largest change of a weight, or of the loss, that counts as none.
    public init(
        _ parameters: [Parameter], learningRate: Float = 1, search: Search = .strongWolfe, history: Int = 20,
        gradientTolerance: Double = 1e-7, changeTolerance: Double = 1e-9
    ) {
        precondition(!parameters.isEmpty && history > 0, "\(parameters.count) parameters, history of \(history)")
        self.parameters = parameters
        self.learningRate = learningRate
        self.search = search
        self.history = history
        self.gradientTolerance = gradientTolerance
        self.changeTolerance = changeTolerance
    }

    /// Makes up to `iterations` steps; the next call continues with the curvature estimated so far.
    ///
    /// - Parameters:
    ///   - iterations: the largest number of steps.
    ///   - afterStep: called with the number of steps made; returns whether to continue.
    ///   - evaluate: computes the loss for the present values of the parameters and sets their gradients, which are nil
    ///     when it is called.
    /// - Returns: the loss, the number of steps, and why it stopped.
    public func minimize(
        iterations: Int, afterStep: (_ made: Int) -> Bool = { _ in true }, _ evaluate: @escaping () -> Float
    ) -> Result {
        var line = LineEvaluation(parameters, evaluate)
        var point = line.evaluate(at: FlatVector(parameters.map(\.value)))
        func result(_ made: Int, _ reason: Reason) -> Result {
            line.set(point.weights)
            return Result(loss: Float(point.loss), iterations: made, evaluations: line.evaluations, reason: reason)
        }
        guard point.isFinite else { return result(0, .notFinite) }
        for made in 0..<max(iterations, 0) {
            if point.gradient.largest <= gradientTolerance { return result(made, .gradient) }
            let direction = nextDirection(point.gradient)
            let slope = direction.dot(point.gradient)
            if slope > -changeTolerance { return result(made, .change) }
            var first = Double(learningRate)
            if last == nil { first *= min(1, 1 / point.gradient.absoluteSum) }
            let found = step(&line, point, direction, slope, first)
            guard let (length, next) = found else { return result(made, .notDescending) }
            last = (direction, point.gradient, length)
            let change = abs(next.loss - point.loss)
            if !next.isFinite { return result(made, .notFinite) }
            point = next
            // The last point that the line search tried may be another.
            line.set(point.weights)
            if !afterStep(made + 1) { return result(made + 1, .stopped) }
            if direction.largest * length <= changeTolerance || change < changeTolerance {
                return result(made + 1, .change)
            }
        }
        return result(iterations, .iterations)
    }

    private func step(
        _ line: inout LineEvaluation, _ start: LinePoint, _ direction: FlatVector, _ slope: Double, _ first: Double
    ) -> (length: Double, point: LinePoint)? {
        switch search {
        case .fixed: (first, line.evaluate(at: start.weights.plus(first, direction)))
        case .backtracking: line.backtrack(start, direction, slope, first)
        case .strongWolfe: line.strongWolfe(start, direction, slope, first)
        }
    }

    /// The direction -H · gradient; H is the inverse Hessian as estimated from the pairs.
    private func nextDirection(_ gradient: FlatVector) -> FlatVector {
        if let last {
            let y = gradient.plus(-1, last.gradient)
            var s = last.direction
            s.combine(last.length, plus: 0, s)
            let product = s.dot(y)
            // Only where the curvature is positive: else the direction may be one of ascent.
            if product > 1e-10 {
                if pairs.count == history { pairs.removeFirst() }
                pairs.append((s, y, 1 / product))
                scale = product / y.dot(y)
            }
        }
        var q = gradient
        q.combine(-1, plus: 0, gradient)
        var factors: [Double] = []
        for pair in pairs.reversed() {
            let factor = pair.rho * pair.s.dot(q)
            q.combine(1, plus: -factor, pair.y)
            factors.append(factor)
        }
        q.combine(scale, plus: 0, gradient)
        for (pair, factor) in zip(pairs, factors.reversed()) {
            q.combine(1, plus: factor - pair.rho * pair.y.dot(q), pair.s)
        }
        return q
    }
}
