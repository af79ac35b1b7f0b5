import CVTensor

/// L-BFGS: Newton's method with a curvature that is learnt from the last steps (Nocedal 1980; Nocedal & Wright 2006,
/// algorithm 7.5), as `torch.optim.LBFGS`.
///
/// For a loss that is the same function at every call, as in style transfer: not for mini-batches.
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
    /// How the length of a step is found.
    public enum Search: Sendable {
        /// Always the learning rate (the first step: at most 1 / Σ |g|).
        case fixed
        /// Halved until the loss falls enough (Armijo's condition).
        case backtracking
        /// Also until it is less steep: both conditions of Wolfe, the second for the absolute slope.
        case strongWolfe
    }

    /// Why it stopped.
    public enum Reason: String, Sendable {
        case iterations = "all iterations were made"
        case gradient = "the gradient is as good as zero"
        case change = "the weights or the loss hardly change any more"
        case notDescending = "no step along the direction makes the loss smaller"
        case notFinite = "the loss or its gradient is not a number, or infinite"
        case stopped = "it was asked to stop"
    }

    public struct Result: Sendable {
        public let loss: Float
        /// Steps of this call, and how often the loss was computed for them.
        public let iterations, evaluations: Int
        public let reason: Reason
    }

    public let parameters: [Parameter]
    public var learningRate: Float
    public let search: Search
    /// How many steps the curvature is learnt from.
    public let history: Int
    /// The largest element of the gradient at which it counts as zero.
    public let gradientTolerance: Double
    /// The largest change of a weight, or of the loss, at which nothing changes any more.
    public let changeTolerance: Double

    /// Changes of the weights (s) and of the gradient (y), the oldest first; 1 / s · y.
    var pairs: [(s: FlatVector, y: FlatVector, rho: Double)] = []
    /// What the curvature is before the pairs are counted in: s · y / y · y of the last.
    var scale = 1.0
    var last: (direction: FlatVector, gradient: FlatVector, length: Double)?

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

    /// Makes up to so many steps; the next call goes on with what was learnt.
    ///
    /// evaluate: the loss for the present values of the parameters; it also gives them their gradients, which are nil
    /// when it is called. afterStep: called with the number of steps made; it returns whether to go on.
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
            // The last place that the line search tried may be another.
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

    /// - H · gradient, H being the inverse of the curvature as the pairs tell it.
    private func nextDirection(_ gradient: FlatVector) -> FlatVector {
        if let last {
            let y = gradient.plus(-1, last.gradient)
            var s = last.direction
            s.combine(last.length, plus: 0, s)
            let product = s.dot(y)
            // Only where the slope grew, as along a valley's floor: else the direction could lead uphill.
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
