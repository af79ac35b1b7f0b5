import CVTensor

/// A point on the line along which a step is searched.
struct LinePoint {
    let weights, gradient: FlatVector
    let loss: Double

    var isFinite: Bool { loss.isFinite && gradient.largest.isFinite }
}

/// Evaluates the loss and its gradient at a point, by setting the parameters, and searches for step lengths.
struct LineEvaluation {
    private let parameters: [Parameter]
    private let shapes: [Shape]
    private let function: () -> Float
    private(set) var evaluations = 0

    /// The constants c1 (sufficient decrease) and c2 (curvature) of the Wolfe conditions.
    private static let decrease = 1e-4
    private static let flatness = 0.9
    private static let limit = 25

    init(_ parameters: [Parameter], _ evaluate: @escaping () -> Float) {
        self.parameters = parameters
        shapes = parameters.map(\.value.shape)
        function = evaluate
    }

    func set(_ weights: FlatVector) {
        for (parameter, value) in zip(parameters, weights.tensors(shapes)) { parameter.value = value }
    }

    mutating func evaluate(at weights: FlatVector) -> LinePoint {
        set(weights)
        parameters.clearGradients()
        let loss = Double(function())
        evaluations += 1
        let gradients = parameters.map { $0.gradient ?? Tensor(repeating: 0, shape: $0.value.shape) }
        return LinePoint(weights: weights, gradient: FlatVector(gradients), loss: loss)
    }

    /// Halves the length until the decrease is sufficient; nil if it never is.
    mutating func backtrack(
        _ start: LinePoint, _ direction: FlatVector, _ slope: Double, _ first: Double
    ) -> (Double, LinePoint)? {
        var length = first
        for _ in 0..<Self.limit {
            let point = evaluate(at: start.weights.plus(length, direction))
            if point.isFinite && point.loss <= start.loss + Self.decrease * length * slope { return (length, point) }
            length /= 2
        }
        return nil
    }

    /// A length that satisfies the strong Wolfe conditions (Nocedal & Wright 2006, algorithms 3.5 and 3.6).
    ///
    /// Steps grow until two bracket such a length, then the interval shrinks; new lengths are at the minimum of the cubic
    /// through losses and slopes of two others. Without success the best length that decreases the loss, or nil.
    mutating func strongWolfe(
        _ start: LinePoint, _ direction: FlatVector, _ slope: Double, _ first: Double
    ) -> (Double, LinePoint)? {
        let condition = Condition(loss: start.loss, slope: slope)
        var previous = Trial(0, start, slope)
        var trial = self.trial(first, start, direction)
        for count in 0..<Self.limit {
            if !trial.isFinite || !condition.fallsEnough(trial) || (count > 1 && trial.loss >= previous.loss) {
                return shrink(previous, trial, start, direction, condition)
            }
            if condition.isFlat(trial) { return (trial.length, trial.point) }
            if trial.slope >= 0 { return shrink(trial, previous, start, direction, condition) }
            let range = trial.length + 0.01 * (trial.length - previous.length)...trial.length * 10
            let next = Trial.minimum(previous, trial, in: range)
            (previous, trial) = (trial, self.trial(next, start, direction))
        }
        return trial.isFinite && trial.loss < start.loss ? (trial.length, trial.point) : nil
    }

    /// Narrows an interval that brackets a solution.
    private mutating func shrink(
        _ a: Trial, _ b: Trial, _ start: LinePoint, _ direction: FlatVector, _ condition: Condition
    ) -> (Double, LinePoint)? {
        // The better end comes first.
        var (low, high) = b.isFinite && b.loss < a.loss ? (b, a) : (a, b)
        /// Whether the last length was near an end: the second time it is moved inwards.
        var wasNearEnd = false
        for _ in 0..<Self.limit where abs(high.length - low.length) * direction.largest > 1e-9 {
            let range = min(low.length, high.length)...max(low.length, high.length)
            var length = high.isFinite ? Trial.minimum(low, high, in: range) : (low.length + high.length) / 2
            let margin = 0.1 * (range.upperBound - range.lowerBound)
            let isNearEnd = min(length - range.lowerBound, range.upperBound - length) < margin
            if isNearEnd && (wasNearEnd || length <= range.lowerBound || length >= range.upperBound) {
                let isNearUpper = range.upperBound - length < length - range.lowerBound
                length = isNearUpper ? range.upperBound - margin : range.lowerBound + margin
                wasNearEnd = false
            } else {
                wasNearEnd = isNearEnd
            }
            let trial = self.trial(length, start, direction)
            if !trial.isFinite || !condition.fallsEnough(trial) || trial.loss >= low.loss {
                (low, high) = trial.isFinite && trial.loss < low.loss ? (trial, low) : (low, trial)
                continue
            }
            if condition.isFlat(trial) { return (trial.length, trial.point) }
            if trial.slope * (high.length - low.length) >= 0 { high = low }
            low = trial
        }
        return low.length > 0 && low.loss < start.loss ? (low.length, low.point) : nil
    }

    private mutating func trial(_ length: Double, _ start: LinePoint, _ direction: FlatVector) -> Trial {
        let point = evaluate(at: start.weights.plus(length, direction))
        return Trial(length, point, point.gradient.dot(direction))
    }

    /// The strong Wolfe conditions, from loss and slope at the start.
    private struct Condition {
        let loss, slope: Double

        func fallsEnough(_ trial: Trial) -> Bool { trial.loss <= loss + LineEvaluation.decrease * trial.length * slope }
        func isFlat(_ trial: Trial) -> Bool { abs(trial.slope) <= -LineEvaluation.flatness * slope }
    }

    private struct Trial {
        let length: Double
        let point: LinePoint
        let slope: Double
        var loss: Double { point.loss }
        var isFinite: Bool { point.isFinite && slope.isFinite }

        init(_ length: Double, _ point: LinePoint, _ slope: Double) {
            self.length = length
            self.point = point
            self.slope = slope
        }

        /// The minimum of the cubic through losses and slopes at a and b; the middle of the range if it has none.
        static func minimum(_ a: Trial, _ b: Trial, in range: ClosedRange<Double>) -> Double {
            let (a, b) = a.length <= b.length ? (a, b) : (b, a)
            let first = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
            let root = first * first - a.slope * b.slope
            guard root >= 0 else { return (range.lowerBound + range.upperBound) / 2 }
            let second = root.squareRoot()
            let length =
                b.length - (b.length - a.length) * ((b.slope + second - first) / (b.slope - a.slope + 2 * second))
            guard length.isFinite else { return (range.lowerBound + range.upperBound) / 2 }
            return min(max(length, range.lowerBound), range.upperBound)
        }
    }
}
