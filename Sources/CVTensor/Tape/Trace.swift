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
    /// operation: the name of the function that calls this, for the observer of the tape.
    package func recorded(
        _ rules: GradientRule..., operation: @autoclosure () -> String = #function
    ) -> Tensor {
        recorded(rules, operation: operation())
    }

    package func recorded(
        _ rules: [GradientRule], operation: @autoclosure () -> String = #function
    ) -> Tensor {
        guard let tape = rules.lazy.compactMap(\.input.trace?.tape).first else { return self }
        let contributions = rules.compactMap { rule -> Trace.Contribution? in
            guard let trace = rule.input.trace, trace.needsGradient else { return nil }
            precondition(trace.tape === tape, "the inputs of an operation were recorded on two tapes")
            return Trace.Contribution(input: trace, compute: rule.gradient)
        }
        let result = traced(Trace(tape, needsGradient: !contributions.isEmpty, contributions: contributions))
        tape.tell(of: result, by: operation(), from: rules.map(\.input.shape))
        return result
    }
}
