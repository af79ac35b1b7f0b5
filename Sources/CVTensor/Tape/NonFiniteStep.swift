/// The first step of a computation whose result is NaN or infinite.
package struct NonFiniteStep: Sendable, Equatable {
    /// What was done there; `.input` if the input itself is not finite.
    package let operation: Operation
    /// The key of the last parameter that was used before or there; nil if none was.
    package let parameter: String?
    /// How many values of the result are NaN, are infinite, and are there at all.
    package let nan, infinite, count: Int
    /// The position of the first such value along the first dimension: the image of a batch.
    package let row: Int

    fileprivate init(_ step: ObservedStep, parameter: String?) {
        operation = step.operation
        self.parameter = parameter
        let values = step.result.values
        nan = values.count { $0.isNaN }
        infinite = values.count { $0.isInfinite }
        count = values.count
        let rows = step.result.shape.dimensions.first ?? 1
        row = (values.firstIndex { !$0.isFinite } ?? 0) / max(1, values.count / max(1, rows))
    }
}

extension Tape {
    /// Finds where a computation first becomes NaN or infinite, after it was detected at its end.
    ///
    /// Parameters and constants do not count: an infinite variance, for example, may well give finite results.
    ///
    /// - Parameter body: computes with tensors that this tape watches.
    /// - Returns: the first step whose result is not finite; nil if all are.
    /// - Throws: what `body` throws.
    package func firstNonFinite(during body: () throws -> Void) rethrows -> NonFiniteStep? {
        var (last, found): (String?, NonFiniteStep?) = (nil, nil)
        try observing { step in
            last = step.parameters.last ?? last
            guard found == nil, !step.operation.isLeaf || step.operation == .input, !step.result.isFinite else {
                return
            }
            found = NonFiniteStep(step, parameter: last)
        } during: {
            try body()
        }
        return found
    }
}
