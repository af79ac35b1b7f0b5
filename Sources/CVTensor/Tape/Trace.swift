/// The node of a tensor on a tape: what it was computed from, and how gradients propagate to those inputs.
final class Trace: @unchecked Sendable {
    /// The gradient with respect to one input of an operation.
    struct Contribution {
        let input: Trace
        /// From the gradient with respect to the result to that with respect to the input.
        let compute: (consuming Tensor) -> Tensor
    }

    let tape: Tape
    /// Grows in the order of recording.
    let index: Int
    var id: ValueID { ValueID(index: index) }
    let needsGradient: Bool
    let isLeaf: Bool
    let receive: ((Tensor) -> Void)?
    private(set) var contributions: [Contribution]

    init(
        _ tape: Tape, needsGradient: Bool, contributions: [Contribution], receive: ((Tensor) -> Void)? = nil
    ) {
        self.tape = tape
        index = tape.nextIndex()
        self.needsGradient = needsGradient
        isLeaf = contributions.isEmpty
        self.contributions = contributions
        self.receive = receive
    }

    /// Moves them out, so that what they retain is freed as soon as they have been used.
    func removeContributions() -> [Contribution] {
        precondition(isLeaf || !contributions.isEmpty, "gradients(of:) has been called for this result before")
        defer { contributions = [] }
        return contributions
    }
}

/// An input of an operation and the gradient with respect to it, from that with respect to the result.
///
/// Computed only if the input needs it: a frozen weight costs nothing. The closure must capture `detached` tensors. It
/// may overwrite dy if it is the sole owner: ownership moves to the last consumer of dy.
package typealias GradientRule = (input: Tensor, gradient: (_ dy: consuming Tensor) -> Tensor)

extension Tensor {
    /// The result of an operation, recorded on the tape of its inputs, if one of them has one.
    ///
    /// - Parameters:
    ///   - operation: what was done; evaluated only while steps are observed.
    ///   - rules: the inputs that may receive a gradient, in the order that the operation names.
    ///   - others: the inputs after those, which receive no gradient; evaluated only while steps are observed.
    /// - Returns: the same values, watched where an input of the rules is.
    package func recorded(
        as operation: @autoclosure () -> Operation, _ rules: GradientRule...,
        constants others: @autoclosure () -> [Tensor] = []
    ) -> Tensor {
        recorded(as: operation(), rules, constants: others())
    }

    package func recorded(
        as operation: @autoclosure () -> Operation, _ rules: [GradientRule],
        constants others: @autoclosure () -> [Tensor] = []
    ) -> Tensor {
        guard let tape = rules.lazy.compactMap(\.input.trace?.tape).first else { return self }
        let contributions = rules.compactMap { rule -> Trace.Contribution? in
            guard let trace = rule.input.trace, trace.needsGradient else { return nil }
            precondition(trace.tape === tape, "the inputs of an operation were recorded on two tapes")
            return Trace.Contribution(input: trace, compute: rule.gradient)
        }
        let trace = Trace(tape, needsGradient: !contributions.isEmpty, contributions: contributions)
        let result = traced(trace)
        if let observation = tape.observation {
            observation.observe(operation(), of: rules.map(\.input) + others(), giving: result, trace)
        }
        return result
    }
}
