/// What a tape knows about a tensor: what it was computed from, and how a gradient goes back there.
final class Trace: @unchecked Sendable {
    /// The part of a gradient that one input of an operation gets.
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

    /// Hands them out and forgets them: what they hold is freed as soon as they have been used.
    func takeContributions() -> [Contribution] {
        precondition(isLeaf || !contributions.isEmpty, "gradients(of:) has been called for this result before")
        defer { contributions = [] }
        return contributions
    }
}

/// An input of an operation and the gradient with respect to it, from that with respect to the result.
///
/// Computed only where the input needs it: a frozen weight costs nothing. The closure must hold `detached` tensors. It may
/// write the memory of dy where nobody else holds that: the last one that dy is needed for is given it.
package typealias GradientRule = (input: Tensor, gradient: (_ dy: consuming Tensor) -> Tensor)

extension Tensor {
    /// The result of an operation, recorded on the tape of its inputs, if one of them has one.
    ///
    /// - Parameters:
    ///   - operation: what was done; only looked at while steps are observed.
    ///   - rules: the inputs that a gradient may go to, in the order that the operation names.
    ///   - others: the inputs after those, to which no gradient goes; only looked at while steps are observed.
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
